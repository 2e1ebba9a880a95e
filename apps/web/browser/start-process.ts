import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'

export interface Started {
  /** The first address that it has printed. */
  url: string
  process: ChildProcess
  stop(): Promise<void>
}

interface Options {
  file: string
  folder: string
  env: Record<string, string>
  /** Where to write what it prints. */
  log: string
}

const startMilliseconds = 120_000

/** Starts a program of ours, and waits until it says where it is. */
export async function startProcess({ file, folder, env, log }: Options): Promise<Started> {
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env } as unknown as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = createWriteStream(log)
  child.stdout.pipe(written)
  child.stderr.pipe(written)
  let printed = ''
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${file} does not say where it is`))
    }, startMilliseconds)
    const read = (chunk: Buffer) => {
      printed += chunk.toString()
      const [found] = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(printed) ?? []
      if (!found) return
      clearTimeout(timer)
      resolve(found)
    }
    child.stdout.on('data', read)
    child.once('exit', () => reject(new Error(`${file} has ended: ${printed}`)))
  })
  const stop = async () => {
    if (child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
  return { url, process: child, stop }
}
