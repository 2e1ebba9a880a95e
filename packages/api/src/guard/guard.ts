import type { Db } from '@tasklane/db'
import { LRUCache } from 'lru-cache'
import { AppError } from '../errors.ts'
import { type AccessTokenContent, type AccessTokens, clockToleranceSeconds } from './access-tokens.ts'
import { apiTokenPrefix, hashApiToken, isApiToken } from './api-token.ts'
import { readCompactJws } from './compact-jws.ts'
import type { CallerAddress, ForeignTokens } from './foreign-tokens.ts'
import type { Identified, UserPrincipal } from './principal.ts'
import { isSessionLive, useApiToken } from './queries.ts'
import type { Revocations } from './revocations.ts'

/** Tells who a bearer credential stands for: our own access token, a trusted issuer's, or an API token. */
export interface Guard {
  /** @throws AppError `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_FORMAT_INVALID` or `ISSUER_UNAVAILABLE`. */
  identify(token: string, caller: CallerAddress): Promise<UserPrincipal>
  /** Spares the first look-up of an access token that was made on this process just now. */
  remember(token: string, identified: Identified): void
}

interface Options {
  db: Db
  now: () => Date
  accessTokens: AccessTokens
  foreignTokens: ForeignTokens
  revocations: Revocations
}

const rememberedMax = 20_000

/** How long a session or an API token is believed without asking the database again. */
export const recheckSeconds = 60

interface Remembered extends Identified {
  checkAgainAtSeconds: number
}

/**
 * The guard remembers what it found good, so that in the steady state a call costs neither a
 * signature nor a query. Revocations are asked every time.
 */
export function createGuard({ db, now, accessTokens, foreignTokens, revocations }: Options): Guard {
  const remembered = new LRUCache<string, Remembered>({ max: rememberedMax })
  const underWay = new Map<string, Promise<Identified>>()
  const nowSeconds = () => now().getTime() / 1000

  function remember(token: string, identified: Identified): void {
    remembered.set(token, { ...identified, checkAgainAtSeconds: nowSeconds() + identified.goodForSeconds })
  }

  async function identifyApiToken(token: string): Promise<Identified> {
    if (!isApiToken(token)) throw new AppError('TOKEN_INVALID')
    const row = await useApiToken(db, { tokenHash: hashApiToken(token), now: now() })
    if (!row) throw new AppError('TOKEN_INVALID')
    const { userId, email, tokenId, scopes, expiresAt } = row
    return {
      principal: {
        kind: 'user',
        userId,
        email: email ?? undefined,
        credential: { kind: 'api_token', tokenId, scopes },
      },
      expiresAtSeconds: expiresAt === null ? undefined : expiresAt.getTime() / 1000 - clockToleranceSeconds,
      goodForSeconds: recheckSeconds,
    }
  }

  async function identifyJwt(token: string, caller: CallerAddress): Promise<Identified> {
    const jws = readCompactJws(token)
    if (!jws) throw new AppError('TOKEN_INVALID')
    if (jws.payload['iss'] !== accessTokens.issuer) return await foreignTokens.identify(token, jws, caller)
    const content = await accessTokens.verify(token, jws.header)
    if (!(await isSessionLive(db, { ...content, now: now() }))) throw new AppError('TOKEN_INVALID')
    return sessionPrincipal(content)
  }

  async function identifyAnew(token: string, caller: CallerAddress): Promise<Identified> {
    const identified = token.startsWith(apiTokenPrefix)
      ? await identifyApiToken(token)
      : await identifyJwt(token, caller)
    remember(token, identified)
    return identified
  }

  /** Requests that come at once with one token share one look-up. */
  function identifyOnce(token: string, caller: CallerAddress): Promise<Identified> {
    const known = underWay.get(token)
    if (known !== undefined) return known
    const identified = identifyAnew(token, caller).finally(() => underWay.delete(token))
    underWay.set(token, identified)
    return identified
  }

  return {
    remember,
    async identify(token, caller) {
      const known = remembered.get(token)
      const isFresh = known !== undefined && nowSeconds() < known.checkAgainAtSeconds
      const { principal, expiresAtSeconds = Infinity } = isFresh ? known : await identifyOnce(token, caller)
      if (nowSeconds() >= expiresAtSeconds + clockToleranceSeconds) throw new AppError('TOKEN_EXPIRED')
      if (revocations.has(principal)) throw new AppError('TOKEN_INVALID')
      return principal
    },
  }
}

/** Who holds an access token of ours. */
export function sessionPrincipal(content: AccessTokenContent): Identified {
  const { userId, sessionId, email, expiresAtSeconds } = content
  return {
    principal: { kind: 'user', userId, email, credential: { kind: 'session', sessionId } },
    expiresAtSeconds,
    goodForSeconds: recheckSeconds,
  }
}
