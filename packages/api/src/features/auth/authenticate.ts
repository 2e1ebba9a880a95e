import type { Logger } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { AccessTokens, Principal } from './access-tokens.ts'

interface Request {
  accessTokens: AccessTokens
  authorization: string | undefined
  ipAddress: string | undefined
  log: Logger
}

/** Looks at the request's `Authorization` header once, however many calls ask, and logs a refusal once. */
export function authenticateOnce(request: Request): () => Promise<Principal> {
  let answer: Promise<Principal> | undefined
  return () => {
    answer ??= authenticate(request)
    return answer
  }
}

async function authenticate({ accessTokens, authorization, ipAddress, log }: Request): Promise<Principal> {
  try {
    return await accessTokens.verify(bearerToken(authorization))
  } catch (error) {
    const reason = error instanceof AppError ? error.reason : 'INTERNAL'
    log.info({ event: 'authentication_failed', reason, ipAddress }, 'authentication failed')
    throw error
  }
}

/** RFC 6750 §2.1: exactly `Bearer <token>`. */
function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') throw new AppError('AUTHENTICATION_REQUIRED')
  const token = /^Bearer ([^\s]+)$/.exec(authorization)?.[1]
  if (token === undefined) throw new AppError('TOKEN_INVALID')
  return token
}
