import { createHmac, hkdfSync } from 'node:crypto'
import type { Db } from '@tasklane/db'
import { v7 as uuidv7 } from 'uuid'
import type { Dependencies, Logger } from './context.ts'
import { createAccessTokens } from './features/auth/access-tokens.ts'
import { createPasswordHasher, type PasswordHasherOptions } from './features/auth/password-hasher.ts'
import type { PasswordRules } from './features/auth/password-rules.ts'
import { getRevokedSessions } from './features/auth/queries.ts'
import { createRefreshTokens } from './features/auth/refresh-tokens.ts'
import { createRevocations, revocationMarginSeconds } from './features/auth/revocations.ts'
import { createRateLimiter, type RateLimits } from './rate-limiter.ts'

/** What a deployment decides. */
export interface Settings {
  /** Signs access tokens; refresh tokens and identifiers are keyed by keys derived from it. At least 32 bytes. */
  jwtSecret: string
  jwtIssuer: string
  jwtAudience: string
  accessTokenTtlSeconds: number
  refreshTokenTtlSeconds: number
  sessionTtlSeconds: number
  passwordRules: PasswordRules
  hashing: PasswordHasherOptions
  rateLimits: RateLimits
}

interface Outside {
  db: Db
  log: Logger
  settings: Settings
  /** Default: the system's clock. */
  now?: () => Date
}

/** Builds what the procedures need from the settings. */
export function createDependencies({ db, log, settings, now = () => new Date() }: Outside): Dependencies {
  const { jwtSecret, accessTokenTtlSeconds } = settings
  const revocations = createRevocations({ accessTokenTtlSeconds, now })
  const identifierKey = deriveKey(jwtSecret, 'identifier')
  return {
    db,
    log,
    now,
    newId: () => uuidv7(),
    revocations,
    hasher: createPasswordHasher(settings.hashing),
    limiter: createRateLimiter(settings.rateLimits),
    passwordRules: settings.passwordRules,
    accessTokens: createAccessTokens({
      secret: Buffer.from(jwtSecret),
      issuer: settings.jwtIssuer,
      audience: settings.jwtAudience,
      ttlSeconds: accessTokenTtlSeconds,
      now,
      newId: () => uuidv7(),
      revocations,
    }),
    refreshTokens: createRefreshTokens({
      key: deriveKey(jwtSecret, 'refresh-token'),
      ttlSeconds: settings.refreshTokenTtlSeconds,
      sessionTtlSeconds: settings.sessionTtlSeconds,
    }),
    hashIdentifier: (identifier) => createHmac('sha256', identifierKey).update(identifier).digest(),
  }
}

/** Recalls the sessions that ended before this process started and whose access tokens may still live. */
export async function loadRevocations({ db, accessTokens, revocations, now }: Dependencies): Promise<void> {
  const lifeSeconds = accessTokens.ttlSeconds + revocationMarginSeconds
  const since = new Date(now().getTime() - lifeSeconds * 1000)
  for (const sessionId of await getRevokedSessions(db, since)) revocations.add(sessionId)
}

/** RFC 5869. One secret, one key for each purpose. */
function deriveKey(secret: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `tasklane/${purpose}/v1`, 32))
}
