import { errors, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { Revocations } from './revocations.ts'

/** Who calls: a signed-in user, or a program of ours. */
export type Principal = UserPrincipal | { kind: 'system' }

export interface UserPrincipal {
  kind: 'user'
  userId: string
  sessionId: string
}

/** What an access token says of its user. */
export interface TokenSubject {
  userId: string
  sessionId: string
  email: string | null
  name: string | null
}

export interface AccessTokenOptions {
  /** HS256 key, at least 32 bytes. RFC 7518 §3.2. */
  secret: Uint8Array
  issuer: string
  audience: string
  /** Life of a token. Default 900 (15 minutes). */
  ttlSeconds: number
  now: () => Date
  newId: () => string
  revocations: Revocations
}

/** Makes and checks the JWTs of `Authorization: Bearer …`. */
export interface AccessTokens {
  ttlSeconds: number
  sign(subject: TokenSubject): Promise<string>
  /** @throws AppError `TOKEN_EXPIRED`, `TOKEN_FORMAT_INVALID` or `TOKEN_INVALID`. */
  verify(token: string): Promise<UserPrincipal>
}

const tokenLengthMax = 8192
const rememberedMax = 10_000
const clockToleranceSeconds = 5

const Claims = z.object({ sub: z.uuid(), sid: z.uuid(), iat: z.number(), exp: z.number() })

interface Remembered {
  principal: UserPrincipal
  expiresAtSeconds: number
}

export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { secret, issuer, audience, ttlSeconds, now, newId, revocations } = options
  const remembered = new LRUCache<string, Remembered>({ max: rememberedMax })

  async function verifySignature(token: string): Promise<Remembered> {
    if (!isCanonical(token)) throw new AppError('TOKEN_INVALID')
    try {
      const { payload } = await jwtVerify(token, secret, {
        algorithms: ['HS256'],
        typ: 'at+jwt',
        issuer,
        audience,
        currentDate: now(),
        clockTolerance: clockToleranceSeconds,
        maxTokenAge: ttlSeconds,
        requiredClaims: ['exp', 'iat', 'jti'],
      })
      if (payload.sub === undefined) throw new AppError('TOKEN_FORMAT_INVALID')
      const { sub, sid, iat, exp } = Claims.parse(payload)
      return {
        principal: { kind: 'user', userId: sub, sessionId: sid },
        expiresAtSeconds: Math.min(exp, iat + ttlSeconds),
      }
    } catch (error) {
      if (error instanceof AppError) throw error
      throw new AppError(error instanceof errors.JWTExpired ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID', {
        cause: error,
      })
    }
  }

  return {
    ttlSeconds,
    sign: ({ userId, sessionId, email, name }) => {
      const issuedAt = Math.floor(now().getTime() / 1000)
      return new SignJWT({ sid: sessionId, ...(email !== null && { email }), ...(name !== null && { name }) })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setJti(newId())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ttlSeconds)
        .sign(secret)
    },
    async verify(token) {
      const known = remembered.get(token)
      const { principal, expiresAtSeconds } = known ?? (await verifySignature(token))
      if (now().getTime() / 1000 >= expiresAtSeconds + clockToleranceSeconds)
        throw new AppError('TOKEN_EXPIRED')
      if (revocations.has(principal.sessionId)) throw new AppError('TOKEN_INVALID')
      if (!known) remembered.set(token, { principal, expiresAtSeconds })
      return principal
    },
  }
}

/** Whether a token has one spelling only, so that it can be remembered by it. RFC 4648 §3.5. */
function isCanonical(token: string): boolean {
  if (token.length > tokenLengthMax) return false
  const parts = token.split('.')
  return (
    parts.length === 3 &&
    parts.every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part)
  )
}
