import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { Reason } from '../../reasons.ts'
import type { Refresh, Tokens } from './contract.ts'
import { describeEvent } from './events.ts'
import { getSessionOwner, insertEvent, rotateSession } from './queries.ts'
import { issueTokens, secondsLater } from './start-session.ts'

/** Trades a refresh token for new tokens. Each is good once; the statement that rotates it decides who was first. */
export async function refreshSession(ctx: Context, { refreshToken }: Refresh): Promise<Tokens> {
  const content = ctx.refreshTokens.read(refreshToken)
  if (!content) return await refuse(ctx, undefined)
  const { sessionId, generation } = content
  await ctx.limiter.consume({
    limit: 'refreshPerMinute',
    key: sessionId,
    onFirstRefusal: () => recordFailure(ctx, { sessionId, failureReason: 'RATE_LIMITED' }),
  })

  const now = ctx.now()
  const expiresAt = secondsLater(now, ctx.refreshTokens.ttlSeconds)
  const event = (userId: string) => describeEvent(ctx, { type: 'refresh', userId })
  const user = await rotateSession(ctx.db, { sessionId, generation, now, expiresAt, event })
  if (!user) return await refuse(ctx, sessionId)
  return await issueTokens(ctx, { user, sessionId, generation: generation + 1 })
}

async function refuse(ctx: Context, sessionId: string | undefined): Promise<never> {
  await recordFailure(ctx, { sessionId, failureReason: 'REFRESH_TOKEN_INVALID' })
  throw new AppError('REFRESH_TOKEN_INVALID')
}

/** A token that is not ours leaves a line in the log only: anybody could fill the table with them. */
async function recordFailure(
  ctx: Context,
  { sessionId, failureReason }: { sessionId: string | undefined; failureReason: Reason },
): Promise<void> {
  ctx.log.info({ event: 'refresh_failed', reason: failureReason, ipAddress: ctx.ipAddress }, 'refresh failed')
  if (sessionId === undefined) return
  const userId = await getSessionOwner(ctx.db, sessionId)
  await insertEvent(ctx.db, describeEvent(ctx, { type: 'refresh', userId, failureReason }))
}
