import { isTRPCClientError } from '@trpc/client'
import { dataOf } from './errors.ts'

const delayMinMilliseconds = 100
const delayMaxMilliseconds = 10_000
const askedMaxSeconds = 60

/** An attempt that lasted for so long was a success, whatever became of it. */
const steadyMilliseconds = 10_000

/** The attempts at the same thing, one after the other. */
export class Attempts {
  #startedAt = 0
  /** In a row. */
  failures = 0

  start(): void {
    this.#startedAt = Date.now()
  }

  succeed(): void {
    this.failures = 0
  }

  /** Waits after a failure, until the next attempt is due or the signal aborts. */
  async wait(failure: unknown, signal: AbortSignal): Promise<void> {
    if (Date.now() - this.#startedAt >= steadyMilliseconds) this.failures = 0
    this.failures += 1
    await pause(delayMillisecondsAfter(this.failures, failure), signal)
  }
}

/**
 * How long to wait after so many failures in a row: twice as long after each, the half of it by chance,
 * and that after what the server asked for.
 */
export function delayMillisecondsAfter(failures: number, error: unknown): number {
  const full = Math.min(delayMinMilliseconds * 2 ** (failures - 1), delayMaxMilliseconds)
  const askedSeconds = Math.min(dataOf(error)?.retryAfterSeconds ?? 0, askedMaxSeconds)
  return askedSeconds * 1000 + (full * (1 + Math.random())) / 2
}

/** Whether the same request cannot succeed later, as things are: the caller has to do something. */
export function isLasting(error: unknown): boolean {
  const status = statusOf(error)
  return status !== undefined && status >= 400 && !isPassingStatus(status)
}

/** Whether what an HTTP status says may be over in a moment. */
function isPassingStatus(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

/** The HTTP status, from the server itself or from what stands before it. */
function statusOf(error: unknown): number | undefined {
  const data = dataOf(error)
  if (data) return data.httpStatus
  const response = isTRPCClientError(error) ? error.meta?.['response'] : undefined
  return isObject(response) && typeof response['status'] === 'number' ? response['status'] : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Resolves when the time is up or the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}

/** Calls with a signal that aborts when the time is up, or when `signal` does. */
export async function within<Answer>(
  { milliseconds, signal }: { milliseconds: number; signal: AbortSignal },
  call: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const abort = new AbortController()
  const end = () => abort.abort()
  const timer = setTimeout(end, milliseconds)
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  try {
    return await call(abort.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}
