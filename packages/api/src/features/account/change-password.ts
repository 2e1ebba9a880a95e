import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { UserPrincipal } from '../../guard/principal.ts'
import { once } from '../../idempotency/once.ts'
import { passwordChangedMail } from '../../mail/messages.ts'
import { sendMail } from '../../mail/send-mail.ts'
import { checkPassword, takePasswordAttempt } from './check-password.ts'
import type { ChangePassword, PasswordChanged } from './contract.ts'
import { replacePassword } from './queries.ts'
import { refuseNewPassword } from './refuse-new-password.ts'
import { requireAccount } from './require-account.ts'

type Change = ChangePassword & { principal: UserPrincipal; path: string }

/** Changes the password and ends every session but this one. API tokens stay good. */
export async function changePassword(
  ctx: Context,
  { principal, path, ...input }: Change,
): Promise<PasswordChanged> {
  const type = 'password_change'
  const { userId, credential } = principal
  const user = await requireAccount(ctx, userId)
  if (user.passwordHash === null) throw new AppError('PASSWORD_NOT_SET')
  refuseNewPassword(ctx, { user, ...input })
  await takePasswordAttempt(ctx, { user, type })
  const stored = user.passwordHash
  return await once(ctx, { ownerId: userId, path, input: { ...input, by: credential } }, async () => {
    await checkPassword(ctx, { user, currentPassword: input.currentPassword, type })
    const passwordHash = await ctx.hasher.hash(input.newPassword)
    const exceptSessionId = credential.kind === 'session' ? credential.sessionId : undefined
    const change = { userId, stored, passwordHash, exceptSessionId, now: ctx.now() }
    const event = describeEvent(ctx, { type, userId })
    return async (own) => {
      const ended = await replacePassword(own.db, { ...change, event })
      // Somebody else changed it just now.
      if (!ended) throw new AppError('PASSWORD_WRONG')
      for (const sessionId of ended) own.revocations.add({ sessionId })
      if (user.email !== null) sendMail(own, passwordChangedMail({ to: user.email }))
      return { message: 'Password changed', sessions: ended.length }
    }
  })
}
