import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { accountLimits } from '@tasklane/api/contract'
import { z } from 'zod'

/** Thrown with one line for each setting that is wrong or missing, and what to do about it. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

const secretBytesMin = 32
/** Hashes and token checks share libuv's four threads: one is left for the checks. */
const hashesInFlightDefault = Math.min(availableParallelism(), 3)
const tenYearsInSeconds = 10 * 365 * 24 * 3600

function wholeNumber(fallback: number, { min = 0, max = 1_000_000 } = {}) {
  const error = `Must be a whole number from ${min} to ${max}`
  return z
    .string()
    .trim()
    .regex(/^\d+$/, { error, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error })
    .default(fallback)
}

const seconds = (fallback: number) => wholeNumber(fallback, { min: 1, max: tenYearsInSeconds })
const oneOf = <const Word extends string>(words: readonly Word[]) =>
  z.enum(words, { error: `Must be ${words.join(', ')}`.replace(/, (?=[^,]*$)/, ' or ') })
const onOff = oneOf(['true', 'false']).transform((value) => value === 'true')
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)

const origin = z.string().refine(isOrigin, {
  error: 'Must be exact origins, such as https://app.example.com, separated by commas',
})

const trustProxy = z.union(
  [
    z
      .string()
      .regex(/^[1-9]\d?$/)
      .transform(Number),
    list.pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))),
  ],
  {
    error: 'Must be a number of proxies, or their addresses separated by commas',
  },
)

const secret = z.string().refine((value) => Buffer.byteLength(value) >= secretBytesMin, {
  error: `Must have at least ${secretBytesMin} bytes. Make one: openssl rand -base64 48`,
})

const postgresUrl = z.string().refine(isPostgresUrl, {
  error: 'Must be like postgres://user:password@host:5432/database, special characters percent-encoded',
})

const Variables = z.object({
  NODE_ENV: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(3000, { max: 65_535 }),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  CORS_ORIGINS: list.pipe(z.array(origin)).default([]),
  TRUST_PROXY: trustProxy.optional(),

  DATABASE_URL: postgresUrl.optional(),
  DATABASE_CONNECTIONS_MAX: wholeNumber(10, { min: 1 }),
  DATABASE_PREPARE: onOff.default(true),
  DATA_DIR: z.string().default('.data'),
  MIGRATE_ON_START: onOff.optional(),

  JWT_SECRET: secret.optional(),
  BETTER_AUTH_SECRET: secret.optional(),
  JWT_ALGORITHM: oneOf(['HS256']).default('HS256'),
  JWT_ISSUER: z.string().default('tasklane'),
  JWT_AUDIENCE: z.string().default('tasklane'),
  ACCESS_TOKEN_TTL_SECONDS: seconds(900),
  REFRESH_TOKEN_TTL_SECONDS: seconds(7 * 24 * 3600),
  SESSION_TTL_SECONDS: seconds(30 * 24 * 3600),

  PASSWORD_LENGTH_MIN: wholeNumber(8, { min: 1, max: accountLimits.passwordLengthMax }),
  PASSWORD_COMPOSITION: onOff.default(true),
  HASHES_IN_FLIGHT: wholeNumber(hashesInFlightDefault, { min: 1 }),
  HASHES_QUEUE_MAX: wholeNumber(100),

  RATE_LIMIT_LOGIN_PER_MINUTE: wholeNumber(5),
  RATE_LIMIT_LOGIN_IP_PER_MINUTE: wholeNumber(20),
  RATE_LIMIT_SIGNUP_PER_HOUR: wholeNumber(10),
  RATE_LIMIT_REFRESH_PER_MINUTE: wholeNumber(30),
})

/** What may be set from outside. */
export const variableNames = Object.keys(Variables.shape)

/** Every setting, with its unit in its name. `.env.example` says what each is for. */
export type Env = ReturnType<typeof parseEnv>

/** Reads the environment, and a `.env` file in the working directory if there is one. */
export function readEnv(): Env {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return parseEnv(process.env)
}

/**
 * Checks the variables and gives the settings. An empty variable counts as unset.
 *
 * @throws SettingsError naming every variable that is wrong.
 */
export function parseEnv(source: Record<string, string | undefined>) {
  const present = Object.fromEntries(Object.entries(source).filter(([, value]) => value?.trim()))
  const parsed = Variables.safeParse(present)
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `  ${String(path[0])}: ${message}`)
    throw new SettingsError(`Wrong settings:\n${[...new Set(lines)].join('\n')}`)
  }
  const variables = parsed.data
  const isProduction = variables.NODE_ENV === 'production'
  const jwtSecret = variables.JWT_SECRET ?? variables.BETTER_AUTH_SECRET
  if (isProduction) refuseMissing({ JWT_SECRET: jwtSecret, DATABASE_URL: variables.DATABASE_URL })

  return Object.freeze({
    isProduction,
    host: variables.HOST,
    port: variables.PORT,
    logLevel: variables.LOG_LEVEL,
    corsOrigins: Object.freeze(variables.CORS_ORIGINS),
    trustProxy: Object.freeze(variables.TRUST_PROXY ?? false),
    dataDir: variables.DATA_DIR,
    migrateOnStart: variables.MIGRATE_ON_START ?? variables.DATABASE_URL === undefined,
    database: Object.freeze({
      url: variables.DATABASE_URL,
      connectionsMax: variables.DATABASE_CONNECTIONS_MAX,
      prepare: variables.DATABASE_PREPARE,
    }),
    /** Absent on a first run without settings: then one is made and kept in `dataDir`. */
    jwtSecret,
    jwtIssuer: variables.JWT_ISSUER,
    jwtAudience: variables.JWT_AUDIENCE,
    accessTokenTtlSeconds: variables.ACCESS_TOKEN_TTL_SECONDS,
    refreshTokenTtlSeconds: variables.REFRESH_TOKEN_TTL_SECONDS,
    sessionTtlSeconds: variables.SESSION_TTL_SECONDS,
    passwordRules: Object.freeze({
      lengthMin: variables.PASSWORD_LENGTH_MIN,
      composition: variables.PASSWORD_COMPOSITION,
    }),
    hashing: Object.freeze({ inFlightMax: variables.HASHES_IN_FLIGHT, queueMax: variables.HASHES_QUEUE_MAX }),
    rateLimits: Object.freeze({
      logInPerMinute: variables.RATE_LIMIT_LOGIN_PER_MINUTE,
      logInPerAddressPerMinute: variables.RATE_LIMIT_LOGIN_IP_PER_MINUTE,
      signUpPerHour: variables.RATE_LIMIT_SIGNUP_PER_HOUR,
      refreshPerMinute: variables.RATE_LIMIT_REFRESH_PER_MINUTE,
    }),
  })
}

function isOrigin(value: string): boolean {
  return /^https?:\/\/[^*]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value
}

function isPostgresUrl(value: string): boolean {
  try {
    decodeURIComponent(new URL(value).href)
    return /^postgres(ql)?:\/\//.test(value)
  } catch {
    return false
  }
}

const fixes = {
  JWT_SECRET: 'Set it to a secret of at least 32 bytes. Make one: openssl rand -base64 48',
  DATABASE_URL: 'Set it to a PostgreSQL, such as postgres://user:password@host:5432/database',
}

function refuseMissing(required: Record<keyof typeof fixes, string | undefined>): void {
  const missing = (Object.keys(fixes) as (keyof typeof fixes)[]).filter(
    (name) => required[name] === undefined,
  )
  if (missing.length === 0) return
  const lines = missing.map((name) => `  ${name}: ${fixes[name]}`)
  throw new SettingsError(`Missing settings in production:\n${lines.join('\n')}`)
}
