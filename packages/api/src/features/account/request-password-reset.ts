import { describeEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { newMailToken } from '../../mail/mail-tokens.ts'
import { passwordResetMail } from '../../mail/messages.ts'
import type { Done, RequestPasswordReset } from './contract.ts'
import { findAccount, insertMailRequest, type UserRow } from './queries.ts'
import { takeMailAttempt } from './take-mail-attempt.ts'

const type = 'password_reset_request'

/** Time for the answer to leave before the work begins. */
const answerPauseMilliseconds = 100

/**
 * Mails a link to whoever has an account with this address. Who is a user here is not told: the
 * answer is the same, and it is given before anybody looks.
 */
export async function requestPasswordReset(ctx: Context, { email }: RequestPasswordReset): Promise<Done> {
  if (!ctx.mailer) throw new AppError('MAIL_UNAVAILABLE')
  await takeMailAttempt(ctx, { type, email })
  ctx.background.runLater(answerPauseMilliseconds, 'mail a password reset', () => mailReset(ctx, email))
  return { message: 'If an account has this address, a link was sent to it' }
}

async function mailReset(ctx: Context, email: string): Promise<void> {
  const user = await findAccount(ctx.db, { email })
  const failureReason = failureOf(user)
  const about = { type, userId: user?.id, identifier: email } as const
  if (!user || failureReason !== undefined) {
    const event = describeEvent(ctx, { ...about, failureReason: failureReason ?? 'UNKNOWN_USER' })
    return await insertEvent(ctx.db, event)
  }
  const { token, row } = newMailToken(ctx, { userId: user.id, purpose: 'reset_password', email })
  const isKept = await insertMailRequest(ctx.db, { row, event: describeEvent(ctx, about) })
  if (isKept && ctx.mailer)
    await ctx.mailer.send(passwordResetMail({ to: email, appUrl: ctx.mailer.appUrl, token }))
}

function failureOf(user: UserRow | undefined): string | undefined {
  if (!user) return 'UNKNOWN_USER'
  if (!user.isActive) return 'INACTIVE'
  return user.passwordHash === null ? 'PASSWORD_NOT_SET' : undefined
}
