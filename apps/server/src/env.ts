import { availableParallelism } from 'node:os'
import { accountLimits } from '@tasklane/api/contract'
import { z } from 'zod'
import { readEnvFile } from './env-file.ts'
import { trustedIssuers } from './trusted-issuers.ts'
import {
  mailFrom,
  oneOf,
  onOff,
  origins,
  pageUrl,
  postgresUrl,
  seconds,
  secret,
  smtpUrl,
  trustProxy,
  wholeNumber,
} from './variable-types.ts'

/** Thrown with one line for each setting that is wrong or missing, and what to do about it. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

/** Hashes and token checks share libuv's four threads: one is left for the checks. */
const hashesInFlightDefault = Math.min(availableParallelism(), 3)
const hundredYearsInDays = 36_500
const appUrlDefault = 'http://localhost:3001'

const Variables = z.object({
  NODE_ENV: oneOf(['production', 'development', 'test']).optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(3000, { max: 65_535 }),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  CORS_ORIGINS: origins.default([]),
  TRUST_PROXY: trustProxy.optional(),

  DATABASE_URL: postgresUrl.optional(),
  DATABASE_CONNECTIONS_MAX: wholeNumber(10, { min: 1 }),
  DATABASE_PREPARE: onOff.default(true),
  DATA_DIR: z.string().default('.data'),
  MIGRATE_ON_START: onOff.optional(),

  JWT_SECRET: secret.optional(),
  BETTER_AUTH_SECRET: secret.optional(),
  JWT_SECRET_PREVIOUS: secret.optional(),
  JWT_ALGORITHM: oneOf(['HS256', 'EdDSA', 'ES256', 'RS256']).default('HS256'),
  JWT_KEYS_FILE: z.string().optional(),
  JWT_ISSUER: z.string().default('tasklane'),
  JWT_AUDIENCE: z.string().default('tasklane'),
  ACCESS_TOKEN_TTL_SECONDS: seconds(900),
  REFRESH_TOKEN_TTL_SECONDS: seconds(7 * 24 * 3600),
  SESSION_TTL_SECONDS: seconds(30 * 24 * 3600),
  TRUSTED_ISSUERS: trustedIssuers.default([]),

  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: mailFrom.optional(),
  APP_URL: pageUrl.optional(),

  PASSWORD_LENGTH_MIN: wholeNumber(8, { min: 1, max: accountLimits.passwordLengthMax }),
  PASSWORD_COMPOSITION: onOff.default(true),
  HASHES_IN_FLIGHT: wholeNumber(hashesInFlightDefault, { min: 1 }),
  HASHES_QUEUE_MAX: wholeNumber(100),

  RATE_LIMIT_LOGIN_PER_MINUTE: wholeNumber(5),
  RATE_LIMIT_LOGIN_IP_PER_MINUTE: wholeNumber(20),
  RATE_LIMIT_SIGNUP_PER_HOUR: wholeNumber(10),
  RATE_LIMIT_REFRESH_PER_MINUTE: wholeNumber(30),
  RATE_LIMIT_MAIL_PER_HOUR: wholeNumber(5),
  RATE_LIMIT_MAIL_IP_PER_HOUR: wholeNumber(20),

  FOREIGN_TASK: oneOf(['not_found', 'forbidden']).default('not_found'),

  AUTH_EVENTS_RETENTION_DAYS: wholeNumber(90, { min: 1, max: hundredYearsInDays }),
  TRASH_RETENTION_DAYS: wholeNumber(30, { min: 1, max: hundredYearsInDays }),
})

/** What may be set from outside. */
export const variableNames = Object.keys(Variables.shape)

/** Every setting, with its unit in its name. `.env.example` says what each is for. */
export type Env = ReturnType<typeof parseEnv>

/** Reads the environment, and a `.env` file in the working directory if there is one. */
export function readEnv(): Env {
  Object.assign(process.env, { ...readEnvFile('.env'), ...process.env })
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
  const { SMTP_URL, MAIL_FROM } = variables
  refuse('Settings that do not fit together', misfits(variables))
  if (isProduction) refuse('Missing settings in production', missing(variables))

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
    jwtSecretPrevious: variables.JWT_SECRET_PREVIOUS,
    jwtAlgorithm: variables.JWT_ALGORITHM,
    jwtKeysFile: variables.JWT_KEYS_FILE,
    jwtIssuer: variables.JWT_ISSUER,
    jwtAudience: variables.JWT_AUDIENCE,
    accessTokenTtlSeconds: variables.ACCESS_TOKEN_TTL_SECONDS,
    refreshTokenTtlSeconds: variables.REFRESH_TOKEN_TTL_SECONDS,
    sessionTtlSeconds: variables.SESSION_TTL_SECONDS,
    trustedIssuers: Object.freeze(variables.TRUSTED_ISSUERS),
    mail: Object.freeze({
      smtp: SMTP_URL && MAIL_FROM ? Object.freeze({ url: SMTP_URL, from: MAIL_FROM }) : undefined,
      appUrl: variables.APP_URL ?? appUrlDefault,
    }),
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
      mailPerHour: variables.RATE_LIMIT_MAIL_PER_HOUR,
      mailPerAddressPerHour: variables.RATE_LIMIT_MAIL_IP_PER_HOUR,
    }),
    foreignTask: variables.FOREIGN_TASK,
    retention: Object.freeze({
      eventsDays: variables.AUTH_EVENTS_RETENTION_DAYS,
      trashDays: variables.TRASH_RETENTION_DAYS,
    }),
  })
}

type Variables = z.infer<typeof Variables>
type Refusals = { [Name in keyof Variables]?: string | false }

/** What is wrong about variables that are right one by one. */
function misfits(variables: Variables): Refusals {
  const { JWT_ALGORITHM, JWT_KEYS_FILE, JWT_ISSUER, TRUSTED_ISSUERS, SMTP_URL, MAIL_FROM } = variables
  const isSymmetric = JWT_ALGORITHM === 'HS256'
  const trusted = TRUSTED_ISSUERS.findIndex(({ issuer }) => issuer === JWT_ISSUER)
  return {
    JWT_KEYS_FILE: isSymmetric
      ? JWT_KEYS_FILE !== undefined &&
        'Is not for JWT_ALGORITHM=HS256. Set that to EdDSA, ES256 or RS256, or leave this out'
      : JWT_KEYS_FILE === undefined &&
        `Is needed for JWT_ALGORITHM=${JWT_ALGORITHM}. Set it to a key set. Make one: npm run rotate-keys -- --file .data/keys.json`,
    TRUSTED_ISSUERS:
      trusted >= 0 && `entry ${trusted + 1}, issuer: Must not be JWT_ISSUER, whose tokens are made here`,
    MAIL_FROM:
      SMTP_URL !== undefined &&
      MAIL_FROM === undefined &&
      'Is needed for SMTP_URL. Set it to the address that mails come from, such as no-reply@example.com',
  }
}

/** What a server for others cannot do without. */
function missing(variables: Variables): Refusals {
  const { JWT_SECRET, BETTER_AUTH_SECRET, DATABASE_URL, SMTP_URL, APP_URL } = variables
  return {
    JWT_SECRET:
      (JWT_SECRET ?? BETTER_AUTH_SECRET) === undefined &&
      'Set it to a secret of at least 32 bytes. Make one: openssl rand -base64 48',
    DATABASE_URL:
      DATABASE_URL === undefined &&
      'Set it to a PostgreSQL, such as postgres://user:password@host:5432/database',
    APP_URL:
      SMTP_URL !== undefined &&
      APP_URL === undefined &&
      'Set it to where the pages are that the links of mails open, such as https://app.example.com',
  }
}

/** @throws SettingsError unless there is nothing to refuse. */
function refuse(title: string, refusals: Refusals): void {
  const lines = Object.entries(refusals).flatMap(([name, text]) => (text ? [`  ${name}: ${text}`] : []))
  if (lines.length > 0) throw new SettingsError(`${title}:\n${lines.join('\n')}`)
}
