import { violatedConstraint } from '@tasklane/db'
import { describeEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { newMailToken } from '../../mail/mail-tokens.ts'
import { verificationMail } from '../../mail/messages.ts'
import { sendMail } from '../../mail/send-mail.ts'
import { refuseWeakPassword } from '../../passwords/password-rules.ts'
import { addressKey } from '../../rate-limiter.ts'
import type { Reason } from '../../reasons.ts'
import { takeAttempt } from '../../take-attempt.ts'
import { refuseReservedUsername } from '../../usernames.ts'
import type { SignedIn, SignUp } from './contract.ts'
import { insertUser } from './queries.ts'
import { newSession, signedIn } from './start-session.ts'

const reasonOfConstraint: Record<string, Reason> = {
  users_email_key: 'EMAIL_TAKEN',
  users_username_key: 'USERNAME_TAKEN',
}

/** Creates the account and signs it in. */
export async function signUp(ctx: Context, input: SignUp): Promise<SignedIn> {
  if (input.confirmPassword !== undefined && input.confirmPassword !== input.password) {
    throw new AppError('PASSWORD_MISMATCH')
  }
  refuseWeakPassword(input.password, ctx.passwordRules, input)
  refuseReservedUsername(input.username)
  const attempt = { type: 'sign_up', identifier: input.email } as const
  await takeAttempt(ctx, { type: 'sign_up', limit: 'signUpPerHour', key: addressKey(ctx.ipAddress) })

  const user = {
    id: ctx.newId(),
    email: input.email,
    username: input.username ?? null,
    name: input.name ?? null,
    passwordHash: await ctx.hasher.hash(input.password),
  }
  const session = newSession(ctx, user.id)
  const event = describeEvent(ctx, { ...attempt, userId: user.id })
  try {
    const mail = newVerification(ctx, { userId: user.id, email: input.email })
    const inserted = await insertUser(ctx.db, { user, session, event, mailToken: mail?.row })
    if (mail) sendMail(ctx, mail.mail)
    return await signedIn(ctx, { user: inserted, sessionId: session.id })
  } catch (error) {
    const reason = reasonOfConstraint[violatedConstraint(error) ?? '']
    if (!reason) throw error
    await recordFailure(ctx, { identifier: input.email, failureReason: reason })
    throw new AppError(reason)
  }
}

/** The link that confirms the address, if mail is sent. */
function newVerification(ctx: Context, { userId, email }: { userId: string; email: string }) {
  if (!ctx.mailer) return undefined
  const { token, row } = newMailToken(ctx, { userId, purpose: 'verify_email', email })
  return { row, mail: verificationMail({ to: email, appUrl: ctx.mailer.appUrl, token }) }
}

async function recordFailure(
  ctx: Context,
  failure: { identifier: string; failureReason: Reason },
): Promise<void> {
  const { failureReason: reason } = failure
  ctx.log.info({ event: 'sign_up_failed', reason, ipAddress: ctx.ipAddress }, 'sign-up failed')
  await insertEvent(ctx.db, describeEvent(ctx, { type: 'sign_up', ...failure }))
}
