import { setTimeout as pause } from 'node:timers/promises'
import type { ErrorData } from '@tasklane/client'
import { isTRPCClientError } from '@trpc/client'
import type { Random } from './random.ts'

/** With all attempts. */
const answerTimeoutMilliseconds = 60_000
/** A request whose connection was killed is done before it is sent again, or never. */
const pauseMinMilliseconds = 100
const pauseMaxMilliseconds = 300

/** What came of a call. */
export type Outcome<Answer> = { attempts: number } & (
  | { answer: Answer; refusal?: never }
  | { answer?: never; refusal: ErrorData }
)

/**
 * Calls until there is an answer: again when the connection was killed, and when the server says that it
 * is away for now.
 */
export async function insist<Answer>(
  call: (signal: AbortSignal) => Promise<Answer>,
  random: Random,
): Promise<Outcome<Answer>> {
  const signal = AbortSignal.timeout(answerTimeoutMilliseconds)
  for (let attempts = 1; ; attempts++) {
    try {
      return { attempts, answer: await call(signal) }
    } catch (error) {
      if (!isTRPCClientError(error)) throw error
      const refusal: ErrorData | null | undefined = error.data
      if (refusal && refusal.httpStatus !== 503) return { attempts, refusal }
      if (signal.aborted) throw new Error(`No answer in ${attempts} attempts`, { cause: error })
      await pause(random.integer(pauseMinMilliseconds, pauseMaxMilliseconds))
    }
  }
}

/** The answer of a call that is not expected to be refused. */
export async function insistOn<Answer>(
  call: (signal: AbortSignal) => Promise<Answer>,
  random: Random,
): Promise<Answer> {
  const { answer, refusal } = await insist(call, random)
  if (refusal) throw new Error(`Was refused: ${JSON.stringify(refusal)}`)
  return answer as Answer
}
