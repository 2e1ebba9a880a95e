import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { UserPrincipal } from '../../guard/principal.ts'
import { passwordChangedMail } from '../../mail/messages.ts'
import { sendMail } from '../../mail/send-mail.ts'
import { checkPassword } from './check-password.ts'
import type { ChangePassword, PasswordChanged } from './contract.ts'
import { replacePassword } from './queries.ts'
import { refuseNewPassword } from './refuse-new-password.ts'
import { requireAccount } from './require-account.ts'

/** Changes the password and ends every session but this one. API tokens stay good. */
export async function changePassword(
  ctx: Context,
  { principal, currentPassword, ...input }: ChangePassword & { principal: UserPrincipal },
): Promise<PasswordChanged> {
  const type = 'password_change'
  const { userId, credential } = principal
  const user = await requireAccount(ctx, userId)
  if (user.passwordHash === null) throw new AppError('PASSWORD_NOT_SET')
  refuseNewPassword(ctx, { user, ...input })
  await checkPassword(ctx, { user, currentPassword, type })
  const ended = await replacePassword(ctx.db, {
    userId,
    stored: user.passwordHash,
    passwordHash: await ctx.hasher.hash(input.newPassword),
    exceptSessionId: credential.kind === 'session' ? credential.sessionId : undefined,
    now: ctx.now(),
    event: describeEvent(ctx, { type, userId }),
  })
  // Somebody else changed it just now.
  if (!ended) throw new AppError('PASSWORD_WRONG')
  for (const sessionId of ended) ctx.revocations.add({ sessionId })
  if (user.email !== null) sendMail(ctx, passwordChangedMail({ to: user.email }))
  return { message: 'Password changed', sessions: ended.length }
}
