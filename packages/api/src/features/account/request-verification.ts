import { type AuthEventType, describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { once, type Write } from '../../idempotency/once.ts'
import { newMailToken } from '../../mail/mail-tokens.ts'
import { verificationMail } from '../../mail/messages.ts'
import { checkPassword, takePasswordAttempt } from './check-password.ts'
import type { ChangeEmail, Done } from './contract.ts'
import { insertMailRequest, isEmailTaken } from './queries.ts'
import { requireAccount } from './require-account.ts'
import { takeMailAttempt } from './take-mail-attempt.ts'

interface Call {
  userId: string
  path: string
}

type Change = ChangeEmail & Call

/** Mails a link to the new address. The account keeps the old one until the link is used. */
export async function changeEmail(ctx: Context, { userId, path, ...input }: Change): Promise<Done> {
  if (!ctx.mailer) throw new AppError('MAIL_UNAVAILABLE')
  const type = 'email_change_request'
  const user = await requireAccount(ctx, userId)
  await takePasswordAttempt(ctx, { user, type })
  return await once(ctx, { ownerId: userId, path, input }, async () => {
    const { email, currentPassword } = input
    await checkPassword(ctx, { user, currentPassword, type })
    const done = { message: 'Open the link that was sent to the new address' }
    return await mailVerification(ctx, { userId, email, type, done, verifiedHash: user.passwordHash })
  })
}

/** Mails a link to the present address, if it is not confirmed yet. */
export async function requestEmailVerification(ctx: Context, { userId, path }: Call): Promise<Done> {
  if (!ctx.mailer) throw new AppError('MAIL_UNAVAILABLE')
  return await once(ctx, { ownerId: userId, path, input: undefined }, async () => {
    const { email, emailVerified } = await requireAccount(ctx, userId)
    if (email === null) return async () => ({ message: 'This account has no email address' })
    if (emailVerified) return async () => ({ message: 'The email address is confirmed already' })
    const done = { message: 'Open the link that was sent to your address' }
    return await mailVerification(ctx, { userId, email, type: 'email_verification_request', done })
  })
}

interface Verification {
  userId: string
  email: string
  type: AuthEventType
  verifiedHash?: string | null
  /** The answer. */
  done: Done
}

/** Counts the mail. What it gives writes the token, and mails it. */
async function mailVerification(
  ctx: Context,
  { userId, email, type, verifiedHash, done }: Verification,
): Promise<Write<Context, Done>> {
  await takeMailAttempt(ctx, { type, email, userId })
  const { token, row } = newMailToken(ctx, { userId, purpose: 'verify_email', email })
  const event = describeEvent(ctx, { type, userId })
  const mail = async () => {
    if (!ctx.mailer || (await isEmailTaken(ctx.db, { email, exceptUserId: userId }))) return
    await ctx.mailer.send(verificationMail({ to: email, appUrl: ctx.mailer.appUrl, token }))
  }
  return async (own) => {
    const isKept = await insertMailRequest(own.db, { row, event, verifiedHash })
    if (!isKept) throw new AppError('TOKEN_INVALID')
    // Whether somebody else has the address shows neither in the answer nor in its time.
    own.background.run('mail a verification', mail)
    return done
  }
}
