import type { AuthEventType } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { addressKey } from '../../rate-limiter.ts'
import { takeAttempt } from '../../take-attempt.ts'

interface MailAttempt {
  type: AuthEventType
  /** Where the mail is to go. */
  email: string
  userId?: string
}

/**
 * Counts a mail, whether or not it will be sent: by who asks for it, and by who gets it.
 *
 * @throws AppError `RATE_LIMITED`.
 */
export async function takeMailAttempt(ctx: Context, { email, ...what }: MailAttempt): Promise<void> {
  const attempt = { ...what, identifier: email }
  const byAddress = { ...what, limit: 'mailPerAddressPerHour', key: addressKey(ctx.ipAddress) } as const
  await takeAttempt(ctx, byAddress)
  await takeAttempt(ctx, { ...attempt, limit: 'mailPerHour', key: email })
}
