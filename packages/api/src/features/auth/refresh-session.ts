import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { RefreshTokenContent } from '../../guard/refresh-tokens.ts'
import { takeAttempt } from '../../take-attempt.ts'
import type { Refresh, Tokens } from './contract.ts'
import { endSessions, getSession, rotateSession, type SessionRow, type UserRow } from './queries.ts'
import { issueTokens, secondsLater } from './start-session.ts'

/** Two tabs may refresh at once, or an answer may get lost: so long the token before this one is good, too. */
const graceSeconds = 30
/** The refused refreshes of one session in a minute are one event. */
const refusalWindowSeconds = 60

type Found = { session: SessionRow; user: UserRow }

/**
 * Trades a refresh token for new tokens. The present token of a session moves it on; the one just
 * before it gets the same successor for a short while; any older one was stolen, from us or by us,
 * and ends the session. RFC 9700 §4.14.2.
 */
export async function refreshSession(ctx: Context, { refreshToken }: Refresh): Promise<Tokens> {
  const content = ctx.refreshTokens.read(refreshToken)
  const found = content && (await getSession(ctx.db, content.sessionId))
  if (!found || !isLive(ctx, found)) return await refuse(ctx, found)
  const { session, user } = found
  if (content.generation === session.generation) {
    if (await rotate(ctx, found))
      return await issueTokens(ctx, { user, sessionId: session.id, generation: session.generation + 1 })
    // Another request moved it on just now.
    return await replay(ctx, content)
  }
  return await replay(ctx, content, found)
}

/** Answers a token that is not the present one. */
async function replay(
  ctx: Context,
  { sessionId, generation }: RefreshTokenContent,
  known?: Found,
): Promise<Tokens> {
  const found = known ?? (await getSession(ctx.db, sessionId))
  if (!found || !isLive(ctx, found)) return await refuse(ctx, found)
  const { session, user } = found
  const isParent = generation === session.generation - 1
  const graceEndsAt = secondsLater(session.refreshedAt, graceSeconds)
  if (isParent && ctx.now() <= graceEndsAt) {
    await recordReplay(ctx, { session, user })
    return await issueTokens(ctx, { user, sessionId, generation: session.generation })
  }
  const ended = await endSessions(ctx.db, {
    userId: user.id,
    sessionId,
    now: ctx.now(),
    event: describeEvent(ctx, {
      type: 'refresh_token_reuse',
      userId: user.id,
      failureReason: 'REFRESH_TOKEN_REUSED',
    }),
  })
  for (const id of ended) ctx.revocations.add({ sessionId: id })
  ctx.log.warn(
    { event: 'refresh_token_reuse', sessionId, ipAddress: ctx.ipAddress },
    'an old refresh token was used: its session was ended',
  )
  return await refuse(ctx, undefined)
}

/** Only a refresh that moves the session on counts: whoever replays an old token cannot use up the limit. */
async function rotate(ctx: Context, { session, user }: Found): Promise<boolean> {
  const { id: sessionId, generation } = session
  const attempt = { limit: 'refreshPerMinute', key: sessionId, type: 'refresh', userId: user.id } as const
  await takeAttempt(ctx, { ...attempt, how: 'check' })
  const now = ctx.now()
  const expiresAt = secondsLater(now, ctx.refreshTokens.ttlSeconds)
  const event = describeEvent(ctx, { type: 'refresh', userId: user.id })
  const isRotated = await rotateSession(ctx.db, { sessionId, generation, now, expiresAt, event })
  const counted = isRotated ? await ctx.limiter.count(attempt) : undefined
  if (counted) ctx.rateLimits.push(counted)
  return isRotated
}

function isLive(ctx: Context, { session, user }: Found): boolean {
  return session.revokedAt === null && session.expiresAt > ctx.now() && user.isActive
}

/** Two tabs, or somebody who copied the token: one event for the replays of a session in a minute. */
async function recordReplay(ctx: Context, { session, user }: Found): Promise<void> {
  await ctx.refusals.record({
    key: `replay ${session.id}`,
    windowSeconds: refusalWindowSeconds,
    describe: () => describeEvent(ctx, { type: 'refresh_replay', userId: user.id }),
  })
}

/** A token of no session leaves a line in the log only: anybody could fill the table with them. */
async function refuse(ctx: Context, found: Found | undefined): Promise<never> {
  const reason = 'REFRESH_TOKEN_INVALID'
  ctx.log.info({ event: 'refresh_failed', reason, ipAddress: ctx.ipAddress }, 'refresh failed')
  if (found) {
    const { session, user } = found
    await ctx.refusals.record({
      key: `refresh ${session.id}`,
      windowSeconds: refusalWindowSeconds,
      describe: () => describeEvent(ctx, { type: 'refresh', userId: user.id, failureReason: reason }),
    })
  }
  throw new AppError(reason)
}
