import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'
import type { UserPrincipal } from './principal.ts'
import { isSessionLive } from './queries.ts'

/**
 * Who calls, if it is a user who may do so much: by a session, a token of a trusted issuer, or an API
 * token, which needs the scope `write` for whatever changes something. Where the path names a user, it
 * has to be this one.
 *
 * @throws AppError `AUTHENTICATION_REQUIRED`, `SCOPE_INSUFFICIENT`, `OWNER_MISMATCH`, or what the credential
 * is refused for.
 */
export async function requireUser(
  { authenticate, pathOwnerId }: Pick<Context, 'authenticate'> & Partial<Pick<Context, 'pathOwnerId'>>,
  { changesSomething }: { changesSomething: boolean },
): Promise<UserPrincipal> {
  const principal = await authenticate()
  if (principal.kind !== 'user') throw new AppError('AUTHENTICATION_REQUIRED')
  if (pathOwnerId !== undefined && pathOwnerId.toLowerCase() !== principal.userId)
    throw new AppError('OWNER_MISMATCH')
  const { credential } = principal
  const mayOnlyRead = credential.kind === 'api_token' && credential.scopes === 'read'
  if (mayOnlyRead && changesSomething) throw new AppError('SCOPE_INSUFFICIENT')
  return principal
}

/**
 * Refuses a program with an API token.
 *
 * @throws AppError `SIGN_IN_REQUIRED`.
 */
export function requirePerson({ credential }: UserPrincipal): void {
  if (credential.kind === 'api_token') throw new AppError('SIGN_IN_REQUIRED')
}

/**
 * Refuses a session that has ended, also when another process ended it just now.
 *
 * @throws AppError `TOKEN_INVALID`.
 */
export async function requireLiveSession(
  { db, now }: Pick<Context, 'db' | 'now'>,
  { userId, credential }: UserPrincipal,
): Promise<void> {
  if (credential.kind !== 'session') return
  const { sessionId } = credential
  if (!(await isSessionLive(db, { sessionId, userId, now: now() }))) throw new AppError('TOKEN_INVALID')
}
