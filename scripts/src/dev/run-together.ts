import { type ChildProcess, spawn } from 'node:child_process'

/** A program that runs beside others. */
export interface Command {
  args: readonly string[]
  env?: Readonly<Record<string, string | undefined>>
}

const endMilliseconds = 8_000
const isPosix = process.platform !== 'win32'

/**
 * Runs programs of Node at once, in this terminal, until the signal aborts or one of them ends; then it ends the
 * others. Gives whether they were ended by the signal.
 */
export async function runTogether(commands: readonly Command[], signal: AbortSignal): Promise<boolean> {
  // Each leads a group, which is what Ctrl-C of a terminal does not reach: they are ended from here.
  const children = commands.map(({ args, env }) =>
    spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env, detached: isPosix }),
  )
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
  for (const child of children) endLeftovers(child)
  return isStopped
}

/** A program that waits for one of its own, as `tsc` does on Node 20, dies of the signal and leaves that behind. */
function endLeftovers({ pid }: ChildProcess): void {
  if (!isPosix || pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing is left.
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
}
