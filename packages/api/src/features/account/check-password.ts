import { type AuthEventType, describeEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { addressKey } from '../../rate-limiter.ts'
import { takeAttempt } from '../../take-attempt.ts'
import type { UserRow } from './queries.ts'

interface Claim {
  user: UserRow
  currentPassword: string | undefined
  /** What the password is asked for. */
  type: AuthEventType
}

/**
 * Makes sure that the caller knows the password of the account, if it has one: a token that was
 * stolen is not enough. The attempt is counted before the password is looked at.
 *
 * @throws AppError `PASSWORD_WRONG` or `RATE_LIMITED`.
 */
export async function checkPassword(ctx: Context, { user, currentPassword, type }: Claim): Promise<void> {
  if (user.passwordHash === null) return
  const identifier = user.email ?? user.username ?? undefined
  const attempt = { type, userId: user.id, identifier }
  const byAddress = { limit: 'logInPerAddressPerMinute', key: addressKey(ctx.ipAddress) } as const
  await takeAttempt(ctx, { type, userId: user.id, ...byAddress })
  await takeAttempt(ctx, { ...attempt, limit: 'logInPerMinute', key: `password ${user.id}` })
  if (currentPassword !== undefined && (await ctx.hasher.verify(user.passwordHash, currentPassword))) return
  const failureReason = 'WRONG_PASSWORD'
  ctx.log.info({ event: `${type}_failed`, reason: failureReason, ipAddress: ctx.ipAddress }, 'wrong password')
  await insertEvent(ctx.db, describeEvent(ctx, { ...attempt, failureReason }))
  throw new AppError('PASSWORD_WRONG')
}
