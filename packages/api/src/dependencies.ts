import { createHmac, hkdfSync } from 'node:crypto'
import type { Db } from '@tasklane/db'
import { v7 as uuidv7 } from 'uuid'
import { createRefusals } from './audit/refusals.ts'
import { createBackground } from './background.ts'
import { createChangeBus } from './change-bus.ts'
import type { Dependencies, Logger } from './context.ts'
import { createAccessTokens } from './guard/access-tokens.ts'
import { createForeignTokens, recheckForeignSeconds, type TrustedIssuer } from './guard/foreign-tokens.ts'
import { createGuard } from './guard/guard.ts'
import { createProvision } from './guard/provision-user.ts'
import { getRevokedSessions } from './guard/queries.ts'
import { createRefreshTokens } from './guard/refresh-tokens.ts'
import { createRevocations, revocationMarginSeconds } from './guard/revocations.ts'
import { createKeySet, createSecretKeys, type PrivateJwk, type SigningKeys } from './guard/signing-keys.ts'
import { createSeal } from './idempotency/seal.ts'
import type { Mailer } from './mail/mailer.ts'
import { createPasswordHasher, type PasswordHasherOptions } from './passwords/password-hasher.ts'
import type { PasswordRules } from './passwords/password-rules.ts'
import { createRateLimiter, type RateLimits } from './rate-limiter.ts'
import { createTurns } from './turns.ts'

/** What a deployment decides. */
export interface Settings {
  /**
   * Refresh tokens and identifiers are keyed by keys derived from it, and without a key set it signs
   * access tokens. At least 32 bytes.
   */
  jwtSecret: string
  /** The secret before this one: its tokens stay good. Default none. */
  jwtSecretPrevious?: string | undefined
  /** Signs access tokens instead of the secret. Default none. */
  jwtKeySet?: { algorithm: PrivateJwk['alg']; keys: PrivateJwk[] } | undefined
  jwtIssuer: string
  jwtAudience: string
  /** Identity providers whose tokens are accepted. Default none. */
  trustedIssuers?: readonly TrustedIssuer[] | undefined
  accessTokenTtlSeconds: number
  refreshTokenTtlSeconds: number
  sessionTtlSeconds: number
  passwordRules: PasswordRules
  hashing: PasswordHasherOptions
  rateLimits: RateLimits
  /** How another user's task is answered: as one that does not exist, or as forbidden. Default `not_found`. */
  foreignTask?: 'not_found' | 'forbidden' | undefined
  /** How soon those who follow changes see what another process wrote. Default 15 seconds. */
  changesPollMilliseconds?: number | undefined
}

interface Outside {
  db: Db
  log: Logger
  settings: Settings
  /** Default: this server sends no mail. */
  mailer?: Mailer | undefined
  /** Default: the system's clock. */
  now?: () => Date
}

/** Builds what the procedures need from the settings. */
export function createDependencies({
  db,
  log,
  settings,
  mailer,
  now = () => new Date(),
}: Outside): Dependencies {
  const { jwtSecret, jwtSecretPrevious, accessTokenTtlSeconds: ttlSeconds, sessionTtlSeconds } = settings
  const secrets: [string, ...string[]] = [jwtSecret, ...(jwtSecretPrevious ? [jwtSecretPrevious] : [])]
  const newId = () => uuidv7()
  const identifierKey = deriveKey(jwtSecret, 'identifier')
  const hashIdentifier = (text: string) => createHmac('sha256', identifierKey).update(text).digest()
  const signingKeys = signingKeysOf(settings, { secrets, now })
  const background = createBackground(log)
  const revocations = createRevocations({ rememberedSeconds: recheckForeignSeconds, now })
  const accessTokens = createAccessTokens({
    keys: signingKeys,
    issuer: settings.jwtIssuer,
    audience: settings.jwtAudience,
    ttlSeconds,
    now,
    newId,
  })
  const provision = createProvision({ db, now, newId, hashIdentifier })
  const foreignTokens = createForeignTokens({ issuers: settings.trustedIssuers ?? [], now, log, provision })
  return {
    db,
    log,
    now,
    newId,
    mailer,
    background,
    changeBus: createChangeBus(),
    changesPollMilliseconds: settings.changesPollMilliseconds ?? 15_000,
    tellsForeignTasks: settings.foreignTask === 'forbidden',
    revocations,
    signingKeys,
    accessTokens,
    hashIdentifier,
    guard: createGuard({ db, now, accessTokens, foreignTokens, revocations }),
    hasher: createPasswordHasher(settings.hashing),
    limiter: createRateLimiter(settings.rateLimits),
    refusals: createRefusals({ db, background, now }),
    passwordRules: settings.passwordRules,
    ownerTurns: createTurns(),
    answerSeal: createSeal(secrets.map((secret) => deriveKey(secret, 'idempotency'))),
    refreshTokens: createRefreshTokens({
      keys: secrets.map((secret) => deriveKey(secret, 'refresh-token')),
      ttlSeconds: settings.refreshTokenTtlSeconds,
      sessionTtlSeconds,
    }),
  }
}

function signingKeysOf(
  { jwtKeySet }: Settings,
  { secrets, now }: { secrets: [string, ...string[]]; now: () => Date },
): SigningKeys {
  return jwtKeySet ? createKeySet({ ...jwtKeySet, now }) : createSecretKeys(secrets)
}

/** Recalls the sessions that ended before this process started and whose access tokens may still live. */
export async function loadRevocations({ db, accessTokens, revocations, now }: Dependencies): Promise<void> {
  const lifeSeconds = accessTokens.ttlSeconds + revocationMarginSeconds
  const since = new Date(now().getTime() - lifeSeconds * 1000)
  for (const sessionId of await getRevokedSessions(db, since)) revocations.add({ sessionId })
}

/** RFC 5869. One secret, one key for each purpose. */
function deriveKey(secret: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `tasklane/${purpose}/v1`, 32))
}
