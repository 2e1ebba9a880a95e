import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { JwsHeader } from './compact-jws.ts'
import type { SigningKeys } from './signing-keys.ts'

/** A JWT that is older or newer by less is still good. */
export const clockToleranceSeconds = 5

/** What an access token says of its user. */
export interface TokenSubject {
  userId: string
  sessionId: string
  email: string | null
  name: string | null
}

export interface AccessTokenOptions {
  keys: SigningKeys
  issuer: string
  audience: string
  /** Life of a token. Default 900 (15 minutes). */
  ttlSeconds: number
  now: () => Date
  newId: () => string
}

/** What our own token says, once its signature and its times were checked. */
export interface AccessTokenContent {
  userId: string
  sessionId: string
  email: string | undefined
  expiresAtSeconds: number
}

/** Makes and checks our own JWTs. RFC 9068. */
export interface AccessTokens {
  issuer: string
  ttlSeconds: number
  sign(subject: TokenSubject): Promise<{ token: string; expiresAtSeconds: number }>
  /** @throws AppError `TOKEN_EXPIRED`, `TOKEN_FORMAT_INVALID` or `TOKEN_INVALID`. */
  verify(token: string, header: JwsHeader): Promise<AccessTokenContent>
}

const Claims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  iat: z.number(),
  exp: z.number(),
  email: z.string().optional(),
})

export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { keys, issuer, audience, ttlSeconds, now, newId } = options

  async function verify(token: string, header: JwsHeader): Promise<AccessTokenContent> {
    const found = keys.find(header)
    if (!found) throw new AppError('TOKEN_INVALID')
    const { payload } = await firstThatVerifies(found.keys, (key) =>
      jwtVerify(token, key, {
        algorithms: [found.alg],
        typ: 'at+jwt',
        issuer,
        audience,
        currentDate: now(),
        clockTolerance: clockToleranceSeconds,
        maxTokenAge: ttlSeconds,
        requiredClaims: ['exp', 'iat', 'jti'],
      }),
    )
    if (payload.sub === undefined) throw new AppError('TOKEN_FORMAT_INVALID')
    const { sub, sid, iat, exp, email } = Claims.parse(payload)
    return { userId: sub, sessionId: sid, email, expiresAtSeconds: Math.min(exp, iat + ttlSeconds) }
  }

  return {
    issuer,
    ttlSeconds,
    sign: async ({ userId, sessionId, email, name }) => {
      const issuedAt = Math.floor(now().getTime() / 1000)
      const expiresAtSeconds = issuedAt + ttlSeconds
      const { key, header } = keys.signing()
      const token = await new SignJWT({
        sid: sessionId,
        ...(email !== null && { email }),
        ...(name !== null && { name }),
      })
        .setProtectedHeader({ ...header, typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setJti(newId())
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAtSeconds)
        .sign(key)
      return { token, expiresAtSeconds }
    },
    verify: (token, header) => verify(token, header).catch(refuseToken),
  }
}

/** Says no more of a bad token than whether it has expired. */
export function refuseToken(error: unknown): never {
  if (error instanceof AppError) throw error
  throw new AppError(error instanceof errors.JWTExpired ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID', { cause: error })
}

async function firstThatVerifies<Key, Result>(
  keys: Key[],
  verify: (key: Key) => Promise<Result>,
): Promise<Result> {
  for (const key of keys.slice(0, -1)) {
    try {
      return await verify(key)
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
  }
  return await verify(keys.at(-1) as Key)
}
