import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { hashMailToken } from '../../mail/mail-tokens.ts'
import { emailChangedMail } from '../../mail/messages.ts'
import { sendMail } from '../../mail/send-mail.ts'
import type { Done, VerifyEmail } from './contract.ts'
import { setVerifiedEmail } from './queries.ts'
import { refuseMailToken } from './refuse-mail-token.ts'

/** Gives the account the address that the link was sent to, and tells the address before it. */
export async function verifyEmail(ctx: Context, { token }: VerifyEmail): Promise<Done> {
  const type = 'email_verify'
  const verified = await setVerifiedEmail(ctx.db, {
    tokenHash: hashMailToken(token),
    now: ctx.now(),
    event: (userId) => describeEvent(ctx, { type, userId }),
    takenEvent: (userId) => describeEvent(ctx, { type, userId, failureReason: 'EMAIL_TAKEN' }),
  })
  if (!verified) return refuseMailToken(ctx, type)
  if (verified.isTaken) throw new AppError('EMAIL_TAKEN')
  const { email, previousEmail } = verified
  if (previousEmail !== null && previousEmail !== email)
    sendMail(ctx, emailChangedMail({ to: previousEmail }))
  return { message: 'The email address is confirmed' }
}
