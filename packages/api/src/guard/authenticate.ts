import type { Logger } from '../context.ts'
import { AppError } from '../errors.ts'
import type { CallerAddress } from './foreign-tokens.ts'
import type { Guard } from './guard.ts'
import type { Principal } from './principal.ts'

interface Request extends CallerAddress {
  guard: Guard
  /** Every `Authorization` header of the request, as it came. */
  authorization: readonly string[]
  log: Logger
}

/** Looks at the request's `Authorization` header once, however many calls ask, and logs a refusal once. */
export function authenticateOnce(request: Request): () => Promise<Principal> {
  let answer: Promise<Principal> | undefined
  return () => {
    answer ??= authenticateLogged(request)
    return answer
  }
}

/** Who calls. */
export async function authenticate({ guard, authorization, ...caller }: Request): Promise<Principal> {
  return await guard.identify(bearerToken(authorization), caller)
}

async function authenticateLogged(request: Request): Promise<Principal> {
  const { log, ...caller } = request
  try {
    return await authenticate(request)
  } catch (error) {
    const reason = error instanceof AppError ? error.reason : 'INTERNAL'
    log.info({ event: 'authentication_failed', reason, ipAddress: caller.ipAddress }, 'authentication failed')
    throw error
  }
}

/** RFC 6750 §2.1: exactly one header, exactly `Bearer <token>`. */
function bearerToken(authorization: readonly string[]): string {
  const [header, ...others] = authorization
  if (header === undefined || header === '') throw new AppError('AUTHENTICATION_REQUIRED')
  const token = /^Bearer ([\w.~+/=-]+)$/.exec(header)?.[1]
  if (token === undefined || others.length > 0) throw new AppError('TOKEN_INVALID')
  return token
}
