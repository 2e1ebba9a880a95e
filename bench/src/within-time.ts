import { setMaxListeners } from 'node:events'

/** The work was told to end before it was done. */
export class EndedError extends Error {
  override name = 'EndedError'
}

/**
 * Runs work that is told by its signal to end: when its time is over, at SIGINT and at SIGTERM. So it
 * can put away what it made. A signal that comes again, as through npm, changes nothing.
 *
 * @throws EndedError when it was told to.
 */
export async function withinTime<T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController()
  const { signal } = ending
  setMaxListeners(0, signal)
  const end = (why: string) => ending.abort(new EndedError(why))
  const timeout = setTimeout(() => end(`Not done within ${seconds} s.`), seconds * 1000)
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => end(`Ended by ${name}.`))
  try {
    return await work(signal)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timeout)
  }
}
