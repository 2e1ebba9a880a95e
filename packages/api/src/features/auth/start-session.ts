import type { Context } from '../../context.ts'
import { sessionPrincipal } from '../../guard/guard.ts'
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
  const { token, expiresAtSeconds } = await ctx.accessTokens.sign({ userId, sessionId, email, name })
  const content = { userId, sessionId, email: email ?? undefined, expiresAtSeconds }
  ctx.guard.remember(token, sessionPrincipal(content))
  return {
    accessToken: token,
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
