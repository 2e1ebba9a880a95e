import { describeEvent } from '../../audit/events.ts'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { addressKey, networkOf } from '../../rate-limiter.ts'
import { takeAttempt } from '../../take-attempt.ts'
import type { LogIn, SignedIn } from './contract.ts'
import { type Candidate, findCandidate, insertFailedLogIn, insertSession } from './queries.ts'
import { newSession, secondsLater, signedIn } from './start-session.ts'

/** Consecutive failures on one account after which strangers may not try. */
const failuresMax = 100
const lockSeconds = 24 * 3600
/** Of nobody. */
const nilId = '00000000-0000-0000-0000-000000000000'

/** Signs in. Every failure looks and costs the same: who is a user here is not told. */
export async function logIn(ctx: Context, { usernameOrEmail, password }: LogIn): Promise<SignedIn> {
  const address = addressKey(ctx.ipAddress)
  const network = networkOf(ctx.ipAddress)
  const attempt = { type: 'log_in', identifier: usernameOrEmail } as const
  await takeAttempt(ctx, { type: 'log_in', limit: 'logInPerAddressPerMinute', key: address })
  const candidate = await findCandidate(ctx.db, { usernameOrEmail, network, now: ctx.now() })
  const userId = candidate?.user.id
  await takeAttempt(ctx, {
    ...attempt,
    userId,
    limit: 'logInPerMinute',
    key: `${address} ${usernameOrEmail}`,
  })

  const stored = candidate?.isLockedOut ? undefined : candidate?.user.passwordHash
  const isMatch = await ctx.hasher.verify(stored ?? undefined, password)
  const failureReason = failureOf(candidate, isMatch)
  if (!candidate || !stored || failureReason !== undefined) {
    await recordFailure(ctx, { usernameOrEmail, candidate, failureReason: failureReason ?? 'UNKNOWN_USER' })
    throw new AppError('CREDENTIALS_INVALID')
  }

  const { user } = candidate
  const session = newSession(ctx, user.id)
  const event = describeEvent(ctx, { ...attempt, userId: user.id })
  const upgradedHash = ctx.hasher.needsRehash(stored) ? await hashIfIdle(ctx, password) : undefined
  const loggedIn = await insertSession(ctx.db, { session, event, verifiedHash: stored, upgradedHash })
  if (!loggedIn) {
    await recordFailure(ctx, { usernameOrEmail, candidate, failureReason: 'CHANGED_MEANWHILE' })
    throw new AppError('CREDENTIALS_INVALID')
  }
  return await signedIn(ctx, { user: loggedIn, sessionId: session.id })
}

/** What cannot be upgraded now is upgraded another time. */
async function hashIfIdle({ hasher }: Context, password: string): Promise<string | undefined> {
  try {
    return await hasher.hash(password)
  } catch (error) {
    if (error instanceof AppError && error.reason === 'TOO_BUSY') return undefined
    throw error
  }
}

/** For the log and the events alone: the caller is told none of it. */
function failureOf(candidate: Candidate | undefined, isMatch: boolean): string | undefined {
  if (!candidate) return 'UNKNOWN_USER'
  if (candidate.isLockedOut) return 'LOCKED'
  if (!isMatch) return 'WRONG_PASSWORD'
  return candidate.user.isActive ? undefined : 'INACTIVE'
}

interface Failure {
  usernameOrEmail: string
  candidate: Candidate | undefined
  failureReason: string
}

async function recordFailure(ctx: Context, failure: Failure): Promise<void> {
  const { usernameOrEmail: identifier, candidate, failureReason } = failure
  ctx.log.info({ event: 'log_in_failed', reason: failureReason, ipAddress: ctx.ipAddress }, 'log-in failed')
  const userId = candidate?.user.id
  const isCounted = candidate !== undefined && !candidate.isLockedOut
  await insertFailedLogIn(ctx.db, {
    userId: isCounted ? candidate.user.id : nilId,
    failuresMax,
    lockedUntil: secondsLater(ctx.now(), lockSeconds),
    event: describeEvent(ctx, { type: 'log_in', userId, identifier, failureReason }),
    lockEvent: describeEvent(ctx, { type: 'account_lock', userId, identifier }),
  })
}
