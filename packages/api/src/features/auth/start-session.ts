import type { Context } from '../../context.ts'
import type { SignedIn, Tokens } from './contract.ts'
import type { NewSession, UserRow } from './queries.ts'

/** The row of a session that starts now. */
export function newSession(ctx: Context, userId: string): NewSession {
  const createdAt = ctx.now()
  const { ttlSeconds, sessionTtlSeconds } = ctx.refreshTokens
  return {
    id: ctx.newId(),
    userId,
    ipAddress: ctx.ipAddress ?? null,
    userAgent: ctx.userAgent ?? null,
    createdAt,
    refreshedAt: createdAt,
    expiresAt: secondsLater(createdAt, Math.min(ttlSeconds, sessionTtlSeconds)),
    endsAt: secondsLater(createdAt, sessionTtlSeconds),
  }
}

/** The tokens of one generation of a session. */
export async function issueTokens(
  ctx: Context,
  { user, sessionId, generation }: { user: UserRow; sessionId: string; generation: number },
): Promise<Tokens> {
  const { id: userId, email, name } = user
  return {
    accessToken: await ctx.accessTokens.sign({ userId, sessionId, email, name }),
    refreshToken: ctx.refreshTokens.issue({ sessionId, generation }),
    expiresIn: ctx.accessTokens.ttlSeconds,
    tokenType: 'Bearer',
  }
}

export async function signedIn(
  ctx: Context,
  { user, sessionId }: { user: UserRow; sessionId: string },
): Promise<SignedIn> {
  return { ...(await issueTokens(ctx, { user, sessionId, generation: 0 })), user }
}

export function secondsLater(instant: Date, seconds: number): Date {
  return new Date(instant.getTime() + seconds * 1000)
}
