import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { hashIdentity } from '../../guard/provision-user.ts'
import { checkPassword, takePasswordAttempt } from './check-password.ts'
import type { DeleteAccount, Done } from './contract.ts'
import { deleteUser } from './queries.ts'
import { requireAccount } from './require-account.ts'

/**
 * Deletes the account and all that it owns. What happened at the gate is kept without its name, and
 * a hash of each foreign identity, so that its next token does not bring the account back.
 */
export async function deleteAccount(
  ctx: Context,
  { userId, currentPassword }: DeleteAccount & { userId: string },
): Promise<Done> {
  const type = 'account_delete'
  const user = await requireAccount(ctx, userId)
  await takePasswordAttempt(ctx, { user, type })
  await checkPassword(ctx, { user, currentPassword, type })
  const event = describeEvent(ctx, { type, userId })
  const isDeleted = await deleteUser(ctx.db, {
    userId,
    verifiedHash: user.passwordHash,
    hashIdentity,
    now: ctx.now(),
    event,
  })
  if (!isDeleted) throw new AppError('TOKEN_INVALID')
  ctx.revocations.add({ userId })
  return { message: 'Account deleted' }
}
