import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { hashMailToken } from '../../mail/mail-tokens.ts'
import { passwordChangedMail } from '../../mail/messages.ts'
import { sendMail } from '../../mail/send-mail.ts'
import { takeAttempt } from '../../take-attempt.ts'
import type { Done, ResetPassword } from './contract.ts'
import { findResetAccount, resetPassword as resetPasswordRows } from './queries.ts'
import { refuseMailToken } from './refuse-mail-token.ts'
import { refuseNewPassword } from './refuse-new-password.ts'

/**
 * Sets the password of whoever reads the mailbox, and ends every session and API token: one of them
 * may be a stranger's. A password that is refused does not use the link up.
 */
export async function resetPassword(ctx: Context, { token, ...input }: ResetPassword): Promise<Done> {
  const type = 'password_reset'
  const tokenHash = hashMailToken(token)
  const user = await findResetAccount(ctx.db, { tokenHash, now: ctx.now() })
  if (!user) return refuseMailToken(ctx, type)
  refuseNewPassword(ctx, { user, ...input })
  // One link is good for few hashes, not for a queue full of them.
  const key = `link ${Buffer.from(tokenHash).toString('base64url')}`
  await takeAttempt(ctx, { limit: 'mailPerHour', key, type, userId: user.id })
  const passwordHash = await ctx.hasher.hash(input.newPassword)
  const ended = await resetPasswordRows(ctx.db, {
    tokenHash,
    now: ctx.now(),
    passwordHash,
    event: describeEvent(ctx, { type, userId: user.id }),
  })
  // Another use of the link was faster.
  if (!ended) return refuseMailToken(ctx, type)
  for (const sessionId of ended.sessionIds) ctx.revocations.add({ sessionId })
  for (const tokenId of ended.tokenIds) ctx.revocations.add({ tokenId })
  sendMail(ctx, passwordChangedMail({ to: ended.email }))
  return { message: 'Password changed. Log in with it' }
}
