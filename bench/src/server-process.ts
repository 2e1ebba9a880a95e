import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./main.js', import.meta.resolve('@tasklane/server/env')))
const startTimeoutMilliseconds = 30_000
const closeTimeoutMilliseconds = 15_000

/** The built server in a process of its own. */
export interface ServerProcess {
  url: string
  processId: number | undefined
  /** The lines that it has logged so far. */
  log(): string[]
  /**
   * Asks it to close and waits until its process is gone, by force after 15 seconds. Gives its exit
   * code, or the name of the signal that ended it. Once it is gone, gives the same again.
   */
  close(): Promise<number | NodeJS.Signals>
}

interface Start {
  /** Where it runs, and where its `.data` will be. */
  folder: string
  /** Its whole environment: nothing of this process is handed on. */
  variables: Record<string, string>
}

/**
 * Starts the server on a free port of the loopback address and waits until it answers.
 *
 * @throws Error with what it printed, when it does not start.
 */
export async function startServer({ folder, variables }: Start): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: { HOST: '127.0.0.1', PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const gone = once(child, 'close').then(([code, signalName]) => code ?? signalName)
  const kill = () => child.kill('SIGKILL')
  const timeout = setTimeout(kill, startTimeoutMilliseconds)
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        const [, printedUrl] = /^ {2}API +(http:\S+)\/api$/m.exec(text) ?? []
        if (printedUrl !== undefined) resolve(printedUrl)
      })
    }
    gone.then(() => reject(new Error(`The server did not start. Is it built?\n${text}`)), reject)
  }).finally(() => clearTimeout(timeout))

  return {
    url,
    processId: child.pid,
    log: () => text.split('\n').filter((line) => line.startsWith('{')),
    close: async () => {
      const closing = setTimeout(kill, closeTimeoutMilliseconds)
      child.kill('SIGTERM')
      return await gone.finally(() => clearTimeout(closing))
    },
  }
}
