import { violatedConstraint } from '@tasklane/db'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { addressKey } from '../../rate-limiter.ts'
import type { Reason } from '../../reasons.ts'
import type { SignedIn, SignUp } from './contract.ts'
import { describeEvent } from './events.ts'
import { refuseWeakPassword } from './password-rules.ts'
import { insertEvent, insertUser } from './queries.ts'
import { newSession, signedIn } from './start-session.ts'

/** Names that would pass for ours or for a word of a URL. */
const reservedUsernames = new Set(
  'admin administrator anonymous api auth help me null root security support system tasklane undefined'.split(
    ' ',
  ),
)

const reasonOfConstraint: Record<string, Reason> = {
  users_email_key: 'EMAIL_TAKEN',
  users_username_key: 'USERNAME_TAKEN',
}

/** Creates the account and signs it in. */
export async function signUp(ctx: Context, input: SignUp): Promise<SignedIn> {
  if (input.confirmPassword !== undefined && input.confirmPassword !== input.password) {
    throw new AppError('PASSWORD_MISMATCH')
  }
  refuseWeakPassword(input.password, ctx.passwordRules)
  if (input.username !== undefined && reservedUsernames.has(input.username))
    throw new AppError('USERNAME_RESERVED')
  await ctx.limiter.consume({
    limit: 'signUpPerHour',
    key: addressKey(ctx.ipAddress),
    onFirstRefusal: () => recordFailure(ctx, { identifier: input.email, failureReason: 'RATE_LIMITED' }),
  })

  const user = {
    id: ctx.newId(),
    email: input.email,
    username: input.username ?? null,
    name: input.name ?? null,
    passwordHash: await ctx.hasher.hash(input.password),
  }
  const session = newSession(ctx, user.id)
  const event = describeEvent(ctx, { type: 'sign_up', userId: user.id, identifier: input.email })
  try {
    const inserted = await insertUser(ctx.db, { user, session, event })
    return await signedIn(ctx, { user: inserted, sessionId: session.id })
  } catch (error) {
    const reason = reasonOfConstraint[violatedConstraint(error) ?? '']
    if (!reason) throw error
    await recordFailure(ctx, { identifier: input.email, failureReason: reason })
    throw new AppError(reason)
  }
}

async function recordFailure(
  ctx: Context,
  failure: { identifier: string; failureReason: Reason },
): Promise<void> {
  const { failureReason: reason } = failure
  ctx.log.info({ event: 'sign_up_failed', reason, ipAddress: ctx.ipAddress }, 'sign-up failed')
  await insertEvent(ctx.db, describeEvent(ctx, { type: 'sign_up', ...failure }))
}
