import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { addressKey } from '../../rate-limiter.ts'
import type { LogIn, SignedIn } from './contract.ts'
import { describeEvent } from './events.ts'
import { findUser, insertEvent, insertSession, type UserRow } from './queries.ts'
import { newSession, signedIn } from './start-session.ts'

/** Signs in. Every failure looks and costs the same: who is a user here is not told. */
export async function logIn(ctx: Context, { usernameOrEmail, password }: LogIn): Promise<SignedIn> {
  const address = addressKey(ctx.ipAddress)
  const onFirstRefusal = () => recordFailure(ctx, { usernameOrEmail, failureReason: 'RATE_LIMITED' })
  await ctx.limiter.consume({ limit: 'logInPerAddressPerMinute', key: address, onFirstRefusal })
  await ctx.limiter.consume({ limit: 'logInPerMinute', key: `${address} ${usernameOrEmail}`, onFirstRefusal })

  const user = await findUser(ctx.db, usernameOrEmail)
  const isMatch = await ctx.hasher.verify(user?.passwordHash ?? undefined, password)
  if (!user?.isActive || !isMatch) {
    await recordFailure(ctx, { usernameOrEmail, userId: user?.id, failureReason: failureOf(user, isMatch) })
    throw new AppError('CREDENTIALS_INVALID')
  }

  const session = newSession(ctx, user.id)
  const event = describeEvent(ctx, { type: 'log_in', userId: user.id, identifier: usernameOrEmail })
  const loggedIn = await insertSession(ctx.db, { session, event })
  if (!loggedIn) throw new AppError('CREDENTIALS_INVALID')
  return await signedIn(ctx, { user: loggedIn, sessionId: session.id })
}

/** For the log and the events alone: the caller is told none of it. */
function failureOf(user: UserRow | undefined, isMatch: boolean): string {
  if (!user) return 'UNKNOWN_USER'
  return isMatch ? 'INACTIVE' : 'WRONG_PASSWORD'
}

async function recordFailure(
  ctx: Context,
  failure: { usernameOrEmail: string; userId?: string | undefined; failureReason: string },
): Promise<void> {
  const { usernameOrEmail: identifier, userId, failureReason } = failure
  ctx.log.info({ event: 'log_in_failed', reason: failureReason, ipAddress: ctx.ipAddress }, 'log-in failed')
  await insertEvent(ctx.db, describeEvent(ctx, { type: 'log_in', userId, identifier, failureReason }))
}
