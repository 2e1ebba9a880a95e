import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { parseEnv, SettingsError, variableNames } from './env.ts'

const secret = 'hbsZKk3dYPP0oUv5b0xRzOqPSoqSpt2EwHqvNwUTP1c='
const earlierSecret = '4r8Vw2kQmX0Jt6Yp1sLd9HbNcE7aGuZf3RiOxKvTqW5='

/** The message that the variables are refused with. */
function refusalOf(variables: Record<string, string>): string {
  try {
    parseEnv(variables)
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
  return 'accepted'
}

const defaults = {
  isProduction: false,
  host: '127.0.0.1',
  port: 3000,
  logLevel: 'info',
  corsOrigins: [],
  trustProxy: false,
  dataDir: '.data',
  migrateOnStart: true,
  database: { url: undefined, connectionsMax: 10, prepare: true },
  jwtSecret: undefined,
  jwtSecretPrevious: undefined,
  jwtAlgorithm: 'HS256',
  jwtKeysFile: undefined,
  jwtIssuer: 'tasklane',
  jwtAudience: 'tasklane',
  accessTokenTtlSeconds: 900,
  refreshTokenTtlSeconds: 604_800,
  sessionTtlSeconds: 2_592_000,
  trustedIssuers: [],
  mail: { smtp: undefined, appUrl: 'http://localhost:3001' },
  passwordRules: { lengthMin: 8, composition: true },
  hashing: { inFlightMax: availableParallelism(), queueMax: 100 },
  rateLimits: {
    logInPerMinute: 5,
    logInPerAddressPerMinute: 20,
    signUpPerHour: 10,
    refreshPerMinute: 30,
    mailPerHour: 5,
    mailPerAddressPerHour: 20,
  },
  foreignTask: 'not_found',
  retention: { eventsDays: 90, trashDays: 30 },
}

const trusted = {
  issuer: 'https://id.example.com',
  audience: 'tasklane',
  jwksUrl: 'https://id.example.com/jwks',
  algorithms: ['EdDSA'],
}

describe('defaults', () => {
  it('needs no setting', () => {
    expect(parseEnv({})).toEqual(defaults)
  })

  it('counts an empty or blank variable as unset', () => {
    const blank = Object.fromEntries(variableNames.map((name, index) => [name, index % 2 ? '' : ' \t']))
    expect(parseEnv(blank)).toEqual(defaults)
  })

  it('leaves the migrations of a server of its own to db:migrate, unless told', () => {
    const server = { DATABASE_URL: 'postgres://user@db.example.com/tasks' }
    expect(parseEnv(server).migrateOnStart).toBe(false)
    expect(parseEnv({ ...server, MIGRATE_ON_START: 'true' }).migrateOnStart).toBe(true)
    expect(parseEnv({ MIGRATE_ON_START: 'false' }).migrateOnStart).toBe(false)
  })

  it('ignores variables that are not ours', () => {
    expect(parseEnv({ PATH: '/bin', LANG: 'C' })).toEqual(defaults)
  })
})

it('takes every setting from its variable', () => {
  const settings = parseEnv({
    NODE_ENV: 'production',
    HOST: '0.0.0.0',
    PORT: ' 8080 ',
    LOG_LEVEL: 'debug',
    CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
    TRUST_PROXY: '10.0.0.0/8, ::1',
    DATABASE_URL: 'postgresql://user:p%40ss@db.example.com:5433/tasks?sslmode=require',
    DATABASE_CONNECTIONS_MAX: '3',
    DATABASE_PREPARE: 'false',
    DATA_DIR: '/var/lib/tasklane',
    MIGRATE_ON_START: 'true',
    JWT_SECRET: secret,
    JWT_SECRET_PREVIOUS: earlierSecret,
    JWT_ALGORITHM: 'ES256',
    JWT_KEYS_FILE: '/run/secrets/keys.json',
    JWT_ISSUER: 'https://auth.example.com',
    JWT_AUDIENCE: 'tasks',
    ACCESS_TOKEN_TTL_SECONDS: '86400',
    REFRESH_TOKEN_TTL_SECONDS: '1000',
    SESSION_TTL_SECONDS: '2000',
    TRUSTED_ISSUERS: JSON.stringify([trusted]),
    SMTP_URL: 'smtps://user:p%40ss@mail.example.com:465?tls.rejectUnauthorized=true',
    MAIL_FROM: 'Tasklane <no-reply@example.com>',
    APP_URL: 'https://app.example.com/tasks',
    PASSWORD_LENGTH_MIN: '15',
    PASSWORD_COMPOSITION: 'false',
    HASHES_IN_FLIGHT: '1',
    HASHES_QUEUE_MAX: '7',
    RATE_LIMIT_LOGIN_PER_MINUTE: '1',
    RATE_LIMIT_LOGIN_IP_PER_MINUTE: '2',
    RATE_LIMIT_SIGNUP_PER_HOUR: '3',
    RATE_LIMIT_REFRESH_PER_MINUTE: '0',
    RATE_LIMIT_MAIL_PER_HOUR: '4',
    RATE_LIMIT_MAIL_IP_PER_HOUR: '6',
    FOREIGN_TASK: 'forbidden',
    AUTH_EVENTS_RETENTION_DAYS: '365',
    TRASH_RETENTION_DAYS: '7',
  })
  expect(settings).toEqual({
    isProduction: true,
    host: '0.0.0.0',
    port: 8080,
    logLevel: 'debug',
    corsOrigins: ['https://app.example.com', 'http://localhost:5173'],
    trustProxy: ['10.0.0.0/8', '::1'],
    dataDir: '/var/lib/tasklane',
    migrateOnStart: true,
    database: {
      url: 'postgresql://user:p%40ss@db.example.com:5433/tasks?sslmode=require',
      connectionsMax: 3,
      prepare: false,
    },
    jwtSecret: secret,
    jwtSecretPrevious: earlierSecret,
    jwtAlgorithm: 'ES256',
    jwtKeysFile: '/run/secrets/keys.json',
    jwtIssuer: 'https://auth.example.com',
    jwtAudience: 'tasks',
    accessTokenTtlSeconds: 86_400,
    refreshTokenTtlSeconds: 1000,
    sessionTtlSeconds: 2000,
    trustedIssuers: [trusted],
    mail: {
      smtp: {
        url: 'smtps://user:p%40ss@mail.example.com:465?tls.rejectUnauthorized=true',
        from: 'Tasklane <no-reply@example.com>',
      },
      appUrl: 'https://app.example.com/tasks',
    },
    passwordRules: { lengthMin: 15, composition: false },
    hashing: { inFlightMax: 1, queueMax: 7 },
    rateLimits: {
      logInPerMinute: 1,
      logInPerAddressPerMinute: 2,
      signUpPerHour: 3,
      refreshPerMinute: 0,
      mailPerHour: 4,
      mailPerAddressPerHour: 6,
    },
    foreignTask: 'forbidden',
    retention: { eventsDays: 365, trashDays: 7 },
  })
})

it('takes BETTER_AUTH_SECRET for the secret, and JWT_SECRET before it', () => {
  const other = earlierSecret
  expect(parseEnv({ BETTER_AUTH_SECRET: secret }).jwtSecret).toBe(secret)
  expect(parseEnv({ BETTER_AUTH_SECRET: secret, JWT_SECRET: other }).jwtSecret).toBe(other)
  expect(parseEnv({ BETTER_AUTH_SECRET: secret, JWT_SECRET: '' }).jwtSecret).toBe(secret)
})

it('counts proxies by a number', () => {
  expect(parseEnv({ TRUST_PROXY: '2' }).trustProxy).toBe(2)
})

describe('refuses, naming the variable and what to do', () => {
  it.each([
    ['PORT', 'abc', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number'],
    ['PORT', '80.5', 'a whole number'],
    ['PORT', '0x50', 'a whole number'],
    ['LOG_LEVEL', 'loud', 'Must be fatal, error, warn, info, debug, trace or silent'],
    ['CORS_ORIGINS', '*', 'exact origins, such as https://app.example.com'],
    ['CORS_ORIGINS', 'null', 'exact origins'],
    ['CORS_ORIGINS', 'https://app.example.com/', 'exact origins'],
    ['CORS_ORIGINS', 'https://app.example.com/path', 'exact origins'],
    ['CORS_ORIGINS', 'https://*.example.com', 'exact origins'],
    ['CORS_ORIGINS', 'app.example.com', 'exact origins'],
    ['CORS_ORIGINS', 'https://app.example.com,HTTPS://OTHER.example.com', 'exact origins'],
    ['TRUST_PROXY', 'true', 'a number of proxies, or their addresses'],
    ['TRUST_PROXY', 'false', 'a number of proxies'],
    ['TRUST_PROXY', '0', 'a number of proxies'],
    ['TRUST_PROXY', '-1', 'a number of proxies'],
    ['TRUST_PROXY', 'loopback', 'a number of proxies'],
    ['TRUST_PROXY', '10.0.0.0/8,anyone', 'a number of proxies'],
    ['DATABASE_URL', 'mysql://host/tasks', 'Must be like postgres://user:password@host:5432/database'],
    ['DATABASE_URL', 'host:5432/tasks', 'Must be like postgres://'],
    ['DATABASE_URL', 'postgres://user:100%@host/tasks', 'percent-encoded'],
    ['DATABASE_CONNECTIONS_MAX', '0', 'a whole number from 1'],
    ['DATABASE_PREPARE', 'yes', 'Must be true or false'],
    ['MIGRATE_ON_START', '1', 'Must be true or false'],
    ['JWT_SECRET', 'x'.repeat(31), 'at least 32 bytes. Make one: openssl rand -base64 48'],
    ['BETTER_AUTH_SECRET', 'too short', 'at least 32 bytes'],
    ['JWT_SECRET_PREVIOUS', 'too short', 'at least 32 bytes'],
    ['JWT_ALGORITHM', 'none', 'Must be HS256, EdDSA, ES256 or RS256'],
    ['JWT_ALGORITHM', 'HS512', 'Must be HS256, EdDSA, ES256 or RS256'],
    ['NODE_ENV', 'prod', 'Must be production, development or test'],
    ['NODE_ENV', 'Production', 'Must be production, development or test'],
    ['SMTP_URL', 'mail.example.com', 'Must be like smtp://user:password@host:587'],
    ['SMTP_URL', 'https://mail.example.com', 'Must be like smtp://'],
    ['SMTP_URL', 'smtp://', 'Must be like smtp://'],
    ['SMTP_URL', 'smtp://user:100%@mail.example.com', 'percent-encoded'],
    ['SMTP_URL', 'smtp://user:a#b@mail.example.com', 'percent-encoded'],
    ['SMTP_URL', 'smtp://user:a/b@mail.example.com', 'percent-encoded'],
    ['SMTP_URL', 'smtp://mail.example.com?logger=true', 'may stand requireTLS'],
    ['SMTP_URL', 'smtp://mail.example.com?requireTLS=yes', 'may stand requireTLS'],
    ['MAIL_FROM', 'Tasklane', 'Must be one address'],
    ['MAIL_FROM', 'a@example.com, b@example.com', 'Must be one address'],
    ['MAIL_FROM', 'a@example.com\r\nbcc: b@example.com', 'Must be one address'],
    ['APP_URL', 'app.example.com', 'Must be like https://app.example.com'],
    ['APP_URL', 'https://app.example.com/', 'Must be like https://app.example.com'],
    ['APP_URL', 'https://app.example.com/tasks/', 'Must be like https://app.example.com'],
    ['APP_URL', 'https://app.example.com?x=1', 'Must be like https://app.example.com'],
    ['APP_URL', 'https://app.example.com#x', 'Must be like https://app.example.com'],
    ['APP_URL', 'https://user:password@app.example.com', 'Must be like https://app.example.com'],
    ['APP_URL', 'javascript:alert(1)', 'Must be like https://app.example.com'],
    ['RATE_LIMIT_MAIL_PER_HOUR', '-1', 'a whole number from 0'],
    ['RATE_LIMIT_MAIL_IP_PER_HOUR', 'x', 'a whole number from 0'],
    ['AUTH_EVENTS_RETENTION_DAYS', '0', 'a whole number from 1 to 36500'],
    ['ACCESS_TOKEN_TTL_SECONDS', '0', 'a whole number from 1'],
    ['REFRESH_TOKEN_TTL_SECONDS', '15m', 'a whole number from 1'],
    ['SESSION_TTL_SECONDS', '99999999999999', 'a whole number from 1 to 315360000'],
    ['PASSWORD_LENGTH_MIN', '257', 'a whole number from 1 to 256'],
    ['PASSWORD_COMPOSITION', 'on', 'Must be true or false'],
    ['HASHES_IN_FLIGHT', '0', 'a whole number from 1'],
    ['HASHES_QUEUE_MAX', '-5', 'a whole number from 0'],
    ['RATE_LIMIT_LOGIN_PER_MINUTE', 'none', 'a whole number from 0'],
    ['RATE_LIMIT_LOGIN_IP_PER_MINUTE', '1e3', 'a whole number from 0'],
    ['RATE_LIMIT_SIGNUP_PER_HOUR', 'Infinity', 'a whole number from 0'],
    ['RATE_LIMIT_REFRESH_PER_MINUTE', ' ٣ ', 'a whole number from 0'],
  ])('%s=%s', (name, value, advice) => {
    const [title, line, ...more] = refusalOf({ [name]: value }).split('\n')
    expect(title).toBe('Wrong settings:')
    expect(line).toMatch(new RegExp(`^  ${name}: Must`))
    expect(line).toContain(advice)
    expect(more).toEqual([])
  })

  it('all wrong variables at once, and none that is right', () => {
    const lines = refusalOf({ PORT: 'x', HOST: 'ok', JWT_SECRET: 'short', TRUST_PROXY: 'true' }).split('\n')
    expect(lines.slice(1).map((line) => line.trim().split(':', 1)[0])).toEqual([
      'PORT',
      'TRUST_PROXY',
      'JWT_SECRET',
    ])
  })

  it.each(['JWT_SECRET', 'BETTER_AUTH_SECRET', 'JWT_SECRET_PREVIOUS'])('%s that everybody knows', (name) => {
    const known = 'your-super-secret-jwt-token-with-at-least-32-characters-long'
    expect(refusalOf({ [name]: known })).toBe(
      `Wrong settings:\n  ${name}: Is publicly known. Make one of your own: openssl rand -base64 48`,
    )
  })

  it('without repeating the value, which may be a secret', () => {
    const values = {
      JWT_SECRET: 'hunter2',
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      SMTP_URL: 'smtp://root:hunter2%@mail',
      TRUSTED_ISSUERS: '[{"secret":"hunter2","hunter2',
      PORT: 'hunter2',
    }
    expect(refusalOf(values)).not.toContain('hunter2')
  })
})

describe('refuses settings that do not fit together', () => {
  it.each([
    [{ JWT_ALGORITHM: 'EdDSA' }, 'JWT_KEYS_FILE: Is needed for JWT_ALGORITHM=EdDSA.'],
    [{ JWT_KEYS_FILE: 'keys.json' }, 'JWT_KEYS_FILE: Is not for JWT_ALGORITHM=HS256.'],
    [{ SMTP_URL: 'smtp://mail.example.com' }, 'MAIL_FROM: Is needed for SMTP_URL.'],
    [
      { TRUSTED_ISSUERS: JSON.stringify([trusted]), JWT_ISSUER: trusted.issuer },
      'TRUSTED_ISSUERS: entry 1, issuer: Must not be JWT_ISSUER',
    ],
  ])('%j', (variables, line) => {
    const [title, first, ...more] = refusalOf(variables as Record<string, string>).split('\n')
    expect(title).toBe('Settings that do not fit together:')
    expect(first).toContain(`  ${line}`)
    expect(more).toEqual([])
  })
})

describe('in production', () => {
  const production = { NODE_ENV: 'production' }
  const database = { DATABASE_URL: 'postgres://user@db.example.com/tasks' }

  it('refuses a missing secret and a missing database, with the fix', () => {
    const text = refusalOf(production)
    expect(text).toContain('  JWT_SECRET: Set it to a secret of at least 32 bytes. Make one: openssl')
    expect(text).toContain('  DATABASE_URL: Set it to a PostgreSQL, such as postgres://')
  })

  it('refuses either alone', () => {
    expect(refusalOf({ ...production, ...database })).not.toContain('DATABASE_URL')
    expect(refusalOf({ ...production, JWT_SECRET: secret })).not.toContain('JWT_SECRET')
    expect(refusalOf({ ...production, ...database, JWT_SECRET: ' ' })).toContain('JWT_SECRET')
  })

  it('refuses links to this machine in mails that go out', () => {
    const mail = { SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'no-reply@example.com' }
    const variables = { ...production, ...database, ...mail, JWT_SECRET: secret }
    expect(refusalOf(variables)).toBe(
      'Missing settings in production:\n' +
        '  APP_URL: Set it to where the pages are that the links of mails open, such as https://app.example.com',
    )
    expect(parseEnv({ ...variables, APP_URL: 'https://app.example.com' }).mail.appUrl).toBe(
      'https://app.example.com',
    )
    expect(parseEnv(mail).mail.appUrl).toBe('http://localhost:3001')
  })

  it('is content with BETTER_AUTH_SECRET', () => {
    expect(parseEnv({ ...production, ...database, BETTER_AUTH_SECRET: secret }).isProduction).toBe(true)
  })
})

it('freezes the settings, all the way down', () => {
  const partsOf = (value: unknown): object[] =>
    typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(partsOf)] : []
  const settings = parseEnv({
    CORS_ORIGINS: 'https://app.example.com',
    TRUST_PROXY: '10.0.0.1',
    TRUSTED_ISSUERS: JSON.stringify([trusted]),
    SMTP_URL: 'smtp://mail.example.com',
    MAIL_FROM: 'no-reply@example.com',
  })
  for (const each of [settings, parseEnv({})]) {
    const parts = partsOf(each)
    expect(parts.length).toBeGreaterThan(8)
    expect(parts.filter((part) => !Object.isFrozen(part))).toEqual([])
  }
})

describe('.env.example', () => {
  const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8')
  const assignments = example.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^# ([A-Z_]+)=(.*)$/.exec(line) ?? []
    return name === '' ? [] : [[name, value]]
  })

  it('names every variable once, and no other', () => {
    expect(assignments.map(([name]) => name).sort()).toEqual([...variableNames].sort())
  })

  it('sets nothing, and says the defaults that hold', () => {
    expect(example.split('\n').filter((line) => !line.startsWith('#') && line !== '')).toEqual([])
    expect(parseEnv(Object.fromEntries(assignments))).toEqual(defaults)
  })
})
