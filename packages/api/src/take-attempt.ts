import { type AuthEventType, describeEvent } from './audit/events.ts'
import type { Context } from './context.ts'
import { AppError } from './errors.ts'
import type { Attempt } from './rate-limiter.ts'

interface Tried extends Attempt {
  /** Count it, or only look whether it would be refused. Default `count`. */
  how?: 'count' | 'check'
  /** What the event of a refusal says. */
  type: AuthEventType
  identifier?: string | undefined
  userId?: string | undefined
}

/**
 * Takes one attempt from a limit. How the limit stands goes into the answer's headers.
 *
 * @throws AppError `RATE_LIMITED` when the window has no attempt left.
 */
export async function takeAttempt(
  ctx: Context,
  { limit, key, how = 'count', ...what }: Tried,
): Promise<void> {
  const state = await ctx.limiter[how]({ limit, key })
  if (!state) return
  // One that was only looked at is told when it is counted.
  if (how === 'count' || state.isRefused) ctx.rateLimits.push(state)
  if (!state.isRefused) return
  const failureReason = 'RATE_LIMITED'
  ctx.log.info(
    { event: `${what.type}_refused`, reason: failureReason, limit, ipAddress: ctx.ipAddress },
    'refused',
  )
  const describe = () => describeEvent(ctx, { ...what, failureReason })
  const { windowSeconds, resetSeconds } = state
  await ctx.refusals.record({ key: `${limit} ${key}`, windowSeconds, describe })
  throw new AppError('RATE_LIMITED', { retryAfterSeconds: resetSeconds })
}
