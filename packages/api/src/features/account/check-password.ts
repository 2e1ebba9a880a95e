import { type AuthEventType, describeEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { addressKey } from '../../rate-limiter.ts'
import { takeAttempt } from '../../take-attempt.ts'
import type { UserRow } from './queries.ts'

interface Attempt {
  user: UserRow
  /** What the password is asked for. */
  type: AuthEventType
}

/**
 * Counts an attempt to tell the password of the account, if it has one. Before anything depends on
 * what was told: neither a check nor a kept answer may be asked without end.
 *
 * @throws AppError `RATE_LIMITED`.
 */
export async function takePasswordAttempt(ctx: Context, { user, type }: Attempt): Promise<void> {
  if (user.passwordHash === null) return
  const byAddress = { limit: 'logInPerAddressPerMinute', key: addressKey(ctx.ipAddress) } as const
  await takeAttempt(ctx, { type, userId: user.id, ...byAddress })
  const byAccount = { limit: 'logInPerMinute', key: `password ${user.id}` } as const
  await takeAttempt(ctx, { ...attemptOf({ user, type }), ...byAccount })
}

/**
 * Makes sure that the caller knows the password of the account, if it has one: a token that was
 * stolen is not enough. The attempt is counted already.
 *
 * @throws AppError `PASSWORD_WRONG` or `TOO_BUSY`.
 */
export async function checkPassword(
  ctx: Context,
  { user, currentPassword, type }: Attempt & { currentPassword: string | undefined },
): Promise<void> {
  if (user.passwordHash === null) return
  if (currentPassword !== undefined && (await ctx.hasher.verify(user.passwordHash, currentPassword))) return
  const failureReason = 'WRONG_PASSWORD'
  ctx.log.info({ event: `${type}_failed`, reason: failureReason, ipAddress: ctx.ipAddress }, 'wrong password')
  await insertEvent(ctx.db, describeEvent(ctx, { ...attemptOf({ user, type }), failureReason }))
  throw new AppError('PASSWORD_WRONG')
}

function attemptOf({ user, type }: Attempt) {
  return { type, userId: user.id, identifier: user.email ?? user.username ?? undefined }
}
