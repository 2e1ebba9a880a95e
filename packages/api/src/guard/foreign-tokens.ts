import { type CryptoKey, jwtVerify } from 'jose'
import { z } from 'zod'
import type { Logger } from '../context.ts'
import { AppError } from '../errors.ts'
import { text } from '../text.ts'
import { clockToleranceSeconds, refuseToken } from './access-tokens.ts'
import type { CompactJws, JwsHeader } from './compact-jws.ts'
import { type ForeignProfile, readProfile } from './foreign-profile.ts'
import type { Identified } from './principal.ts'
import { createRemoteKeySet, KeySetUnavailableError } from './remote-key-set.ts'

/** What a token of a trusted issuer may be signed with. */
export const foreignAlgorithms = ['HS256', 'EdDSA', 'ES256', 'RS256'] as const
export type ForeignAlgorithm = (typeof foreignAlgorithms)[number]

/** An identity provider whose tokens are accepted. */
export interface TrustedIssuer {
  /** Its `iss`, compared as it is. */
  issuer: string
  /** The `aud` that means us. */
  audience: string
  algorithms: readonly ForeignAlgorithm[]
  /** Where its public keys are. RFC 7517 §5. */
  jwksUrl?: string | undefined
  /** Or the secret that it shares with us, for HS256. */
  secret?: string | undefined
  /** Whether its tokens may leave out `iss` and `aud`. One issuer at most. */
  default?: boolean | undefined
}

/** Who a foreign token says its bearer is. */
export interface ForeignIdentity {
  issuer: string
  subject: string
  profile: ForeignProfile
  /** A newer token has a later one. */
  issuedAt: Date
}

/** What is known of a caller while it is not known who calls. */
export interface CallerAddress {
  ipAddress: string | undefined
  userAgent: string | undefined
}

/** Finds our user behind a foreign identity, or makes one. */
export type Provision = (
  identity: ForeignIdentity,
  caller: CallerAddress,
) => Promise<{ userId: string; email: string | null }>

export interface ForeignTokens {
  /** @throws AppError `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_FORMAT_INVALID` or `ISSUER_UNAVAILABLE`. */
  identify(token: string, jws: CompactJws, caller: CallerAddress): Promise<Identified>
}

interface Options {
  issuers: readonly TrustedIssuer[]
  now: () => Date
  log: Logger
  provision: Provision
}

/** How long a foreign token is believed before its key and its user are looked at again. */
export const recheckForeignSeconds = 120
const outageRetrySeconds = 30
/** The end of the year 9999. */
const storableSecondsMax = 253_402_300_799

const Subject = text({ lengthMin: 1, lengthMax: 255 })
const types = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'])

type FindKey = (header: JwsHeader) => Promise<CryptoKey | Uint8Array | undefined>

interface Verifier {
  issuer: TrustedIssuer
  findKey: FindKey
}

/** Checks the tokens of trusted issuers. A token belongs to exactly one verifier, by its `iss`. */
export function createForeignTokens({ issuers, now, log, provision }: Options): ForeignTokens {
  const verifiers = issuers.map((issuer) => ({ issuer, findKey: keyFinder(issuer) }))
  const verifierOf = new Map(verifiers.map((verifier) => [verifier.issuer.issuer, verifier]))
  const defaultVerifier = verifiers.find(({ issuer }) => issuer.default === true)

  function keyFinder({ jwksUrl, secret, algorithms }: TrustedIssuer): FindKey {
    if (secret !== undefined) {
      const key = Buffer.from(secret)
      return async () => key
    }
    if (jwksUrl === undefined) throw new Error('A trusted issuer needs a jwksUrl or a secret.')
    const keySet = createRemoteKeySet({ url: jwksUrl, algorithms, now, log })
    return (header) => keySet.find(header)
  }

  async function verify({ issuer, findKey }: Verifier, token: string, { header, payload }: CompactJws) {
    const { alg, typ } = header
    if (!issuer.algorithms.some((allowed) => allowed === alg)) throw new AppError('TOKEN_INVALID')
    if (typ !== undefined && !types.has(typ.toLowerCase())) throw new AppError('TOKEN_INVALID')
    const key = await findKey(header).catch(refuseOutage)
    if (!key) throw new AppError('TOKEN_INVALID')
    const mayLack = (claim: 'iss' | 'aud') => issuer.default === true && payload[claim] === undefined
    const verified = await jwtVerify(token, key, {
      algorithms: [alg],
      ...(!mayLack('iss') && { issuer: issuer.issuer }),
      ...(!mayLack('aud') && { audience: issuer.audience }),
      currentDate: now(),
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp'],
    })
    return Claims.parse(verified.payload)
  }

  return {
    async identify(token, jws, caller) {
      const { iss } = jws.payload as { iss?: unknown }
      const verifier = iss === undefined ? defaultVerifier : verifierOf.get(iss as string)
      if (!verifier) throw new AppError('TOKEN_INVALID')
      const claims = await verify(verifier, token, jws).catch(refuseToken)
      const { iat, exp } = claims
      if (iat !== undefined && iat > now().getTime() / 1000 + clockToleranceSeconds)
        throw new AppError('TOKEN_INVALID')
      if (claims.sub === undefined || claims.sub === '') throw new AppError('TOKEN_FORMAT_INVALID')
      const subject = Subject.safeParse(claims.sub)
      if (!subject.success) throw new AppError('TOKEN_INVALID')
      const { issuer } = verifier.issuer
      // Tokens that do not say when they were issued are ordered by their ends.
      const issuedAt = new Date(Math.min(iat ?? exp, storableSecondsMax) * 1000)
      const profile = readProfile(claims)
      const { userId, email } = await provision({ issuer, subject: subject.data, profile, issuedAt }, caller)
      return {
        principal: {
          kind: 'user',
          userId,
          email: email ?? undefined,
          credential: { kind: 'issuer', issuer },
        },
        expiresAtSeconds: exp,
        goodForSeconds: recheckForeignSeconds,
      }
    },
  }
}

/** The profile claims are read one by one: a bad one is left out. */
const Claims = z.looseObject({
  sub: z.string().optional(),
  exp: z.number(),
  iat: z.number().min(0).optional(),
})

function refuseOutage(error: unknown): never {
  if (!(error instanceof KeySetUnavailableError)) throw error
  throw new AppError('ISSUER_UNAVAILABLE', { retryAfterSeconds: outageRetrySeconds, cause: error })
}
