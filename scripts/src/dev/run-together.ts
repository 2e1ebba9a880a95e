import { type ChildProcess, spawn } from 'node:child_process'

/** A program that runs beside others. */
export interface Command {
  args: readonly string[]
  env?: Readonly<Record<string, string | undefined>>
}

const endMilliseconds = 8_000

/**
 * Runs programs of Node at once, in this terminal, until the signal aborts or one of them ends; then it ends the
 * others. Gives whether they were ended by the signal.
 */
export async function runTogether(commands: readonly Command[], signal: AbortSignal): Promise<boolean> {
  const children = commands.map(({ args, env }) => spawn(process.execPath, args, { stdio: 'inherit', env }))
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve())
    if (signal.aborted) resolve()
  })
  const ends = children.map(ended)
  await Promise.race([stopped, ...ends])
  const isStopped = signal.aborted
  for (const child of children) child.kill('SIGTERM')
  const timer = setTimeout(() => {
    for (const child of children) child.kill('SIGKILL')
  }, endMilliseconds)
  await Promise.all(ends)
  clearTimeout(timer)
  return isStopped
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
}
