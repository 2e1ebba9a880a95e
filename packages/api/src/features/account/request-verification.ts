import { type AuthEventType, describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { newMailToken } from '../../mail/mail-tokens.ts'
import { verificationMail } from '../../mail/messages.ts'
import { checkPassword } from './check-password.ts'
import type { ChangeEmail, Done } from './contract.ts'
import { insertMailRequest, isEmailTaken } from './queries.ts'
import { requireAccount } from './require-account.ts'
import { takeMailAttempt } from './take-mail-attempt.ts'

/** Mails a link to the new address. The account keeps the old one until the link is used. */
export async function changeEmail(
  ctx: Context,
  { userId, email, currentPassword }: ChangeEmail & { userId: string },
): Promise<Done> {
  if (!ctx.mailer) throw new AppError('MAIL_UNAVAILABLE')
  const type = 'email_change_request'
  const user = await requireAccount(ctx, userId)
  await checkPassword(ctx, { user, currentPassword, type })
  await mailVerification(ctx, { userId, email, type, verifiedHash: user.passwordHash })
  return { message: 'Open the link that was sent to the new address' }
}

/** Mails a link to the present address, if it is not confirmed yet. */
export async function requestEmailVerification(ctx: Context, { userId }: { userId: string }): Promise<Done> {
  if (!ctx.mailer) throw new AppError('MAIL_UNAVAILABLE')
  const { email, emailVerified } = await requireAccount(ctx, userId)
  if (email === null) return { message: 'This account has no email address' }
  if (emailVerified) return { message: 'The email address is confirmed already' }
  await mailVerification(ctx, { userId, email, type: 'email_verification_request' })
  return { message: 'Open the link that was sent to your address' }
}

interface Verification {
  userId: string
  email: string
  type: AuthEventType
  verifiedHash?: string | null
}

async function mailVerification(
  ctx: Context,
  { userId, email, type, verifiedHash }: Verification,
): Promise<void> {
  await takeMailAttempt(ctx, { type, email, userId })
  const { token, row } = newMailToken(ctx, { userId, purpose: 'verify_email', email })
  const event = describeEvent(ctx, { type, userId })
  if (!(await insertMailRequest(ctx.db, { row, event, verifiedHash }))) throw new AppError('TOKEN_INVALID')
  // Whether somebody else has the address shows neither in the answer nor in its time.
  ctx.background.run('mail a verification', async () => {
    if (!ctx.mailer || (await isEmailTaken(ctx.db, { email, exceptUserId: userId }))) return
    await ctx.mailer.send(verificationMail({ to: email, appUrl: ctx.mailer.appUrl, token }))
  })
}
