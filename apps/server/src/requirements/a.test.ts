import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { appRouter } from '@tasklane/api'
import { testSettings } from '@tasklane/api/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseEnv, variableNames } from '../env.ts'
import { captureLog } from '../fixtures/captured-log.ts'
import { forgeToken } from '../fixtures/jwt.ts'
import { createFolder, runServer } from '../fixtures/server-process.ts'
import type { DescribedOperation } from '../rest/fixtures/contract.ts'
import { openApiDocument } from '../rest/openapi.ts'
import { keptSecret } from '../secret.ts'
import { type Doors, openDoors, problem, refusal, uuid } from './fixtures/doors.ts'

const { jwtSecret: secret } = testSettings
const elsewhere = {
  issuer: 'https://id.example.com',
  audience: 'tasklane',
  secret: 'a secret that only the tests and the issuer know',
  algorithms: ['HS256'],
  default: true,
} as const
const captured = captureLog()
let doors: Doors

beforeAll(async () => {
  doors = await openDoors({ log: captured.log, settings: { trustedIssuers: [elsewhere] } })
})
afterAll(() => doors.close())

/** A token of the trusted issuer. Claims that are `undefined` are left out. */
const foreignToken = (claims: object) =>
  forgeToken({
    header: { typ: 'JWT' },
    claims: { iss: elsewhere.issuer, aud: elsewhere.audience, jti: undefined, sid: undefined, ...claims },
    secret: elsewhere.secret,
  })

it('A1 settings come from the environment, and a missing or weak secret stops the server', async () => {
  const folder = await createFolder()
  const database = 'postgres://nobody@127.0.0.1:1/none'
  const makeOne = 'Make one: openssl rand -base64 48'
  const variables = { NODE_ENV: 'production', DATABASE_URL: database, JWT_SECRET: 'weak' }
  const stopped = await runServer({ folder, variables })
  expect(stopped).toEqual({
    code: 1,
    printed: `Tasklane did not start.\nWrong settings:\n  JWT_SECRET: Must have at least 32 bytes. ${makeOne}\n`,
  })
  expect(() => parseEnv({ NODE_ENV: 'production', DATABASE_URL: database })).toThrow(
    `Missing settings in production:\n  JWT_SECRET: Set it to a secret of at least 32 bytes. ${makeOne}`,
  )
  expect(() => parseEnv({ JWT_SECRET: 'your-256-bit-secret-your-256-bit-secret' })).toThrow(
    'JWT_SECRET: Is publicly known. Make one of your own',
  )

  expect(parseEnv({}).jwtSecret).toBeUndefined()
  const made = await keptSecret(join(folder, '.data'))
  expect(Buffer.from(made, 'base64url')).toHaveLength(48)
  expect(await keptSecret(join(folder, '.data'))).toBe(made)
  await rm(folder, { recursive: true })

  expect(parseEnv({}).jwtAlgorithm).toBe('HS256')
  for (const algorithm of ['EdDSA', 'ES256', 'RS256'])
    expect(parseEnv({ JWT_ALGORITHM: algorithm, JWT_KEYS_FILE: 'keys.json' }).jwtAlgorithm).toBe(algorithm)
  expect(() => parseEnv({ JWT_ALGORITHM: 'none' })).toThrow('JWT_ALGORITHM: Must be HS256')

  const example = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8')
  const documented = [...example.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name)
  expect(documented.sort()).toEqual([...variableNames].sort())
})

const publicOperations = [
  ...['POST /api/auth/signup', 'POST /api/auth/register', 'POST /api/auth/login', 'POST /api/auth/refresh'],
  ...[
    'POST /api/auth/request-password-reset',
    'POST /api/auth/reset-password',
    'POST /api/auth/verify-email',
  ],
  ...['GET /health', 'GET /health/ready', 'GET /.well-known/jwks.json', 'GET /api/openapi.json'],
]
const publicProcedures = [
  ...['auth.signUp', 'auth.logIn', 'auth.refresh'],
  ...['auth.requestPasswordReset', 'auth.resetPassword', 'auth.verifyEmail'],
]

it('A2 everything but the public few needs a bearer token', async () => {
  const operations = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      [path, ...((operation as DescribedOperation)['x-aliases'] ?? [])].map((each) => ({
        method: method.toUpperCase() as 'GET',
        path: each,
      })),
    ),
  )
  const open: string[] = []
  for (const { method, path } of operations) {
    const answer = await doors.rest(method, path.replaceAll(/\{\w+\}/g, crypto.randomUUID()))
    if (answer.status !== 401) open.push(`${method} ${path}`)
    else {
      expect(answer).toMatchObject(problem(401, 'AUTHENTICATION_REQUIRED', 'Authentication required'))
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="tasklane"')
    }
  }
  expect(open.sort()).toEqual([...publicOperations].sort())
  expect((await doors.app.inject('/docs')).statusCode).toBe(200)

  const openProcedures: string[] = []
  const procedures = Object.entries<unknown>(appRouter._def.procedures) as [
    string,
    { _def: { type: string } },
  ][]
  for (const [path, { _def }] of procedures) {
    const url = `/trpc/${path}`
    const isMutation = _def.type === 'mutation'
    const res = await doors.app.inject(isMutation ? { method: 'POST', url, payload: { json: {} } } : { url })
    if (!res.body.includes('"AUTHENTICATION_REQUIRED"')) openProcedures.push(path)
  }
  expect(openProcedures.sort()).toEqual([...publicProcedures].sort())

  const { token } = await doors.signUp()
  expect((await doors.rest('GET', '/api/tasks', { token })).status).toBe(200)
  expect(await doors.trpc(token).tasks.list.query()).toMatchObject({ total: 0 })
})

const hourAgo = () => Math.floor(Date.now() / 1000) - 3600

it('A3 a refused token is 401 with one of four messages', async () => {
  const { token } = await doors.signUp()
  const invalid = ['TOKEN_INVALID', 'Invalid or expired token'] as const
  const refused = [
    [undefined, 'AUTHENTICATION_REQUIRED', 'Authentication required'],
    [forgeToken({ secret: 'another secret, of more than 32 bytes' }), ...invalid],
    [`${token.slice(0, -6)}AAAAAA`, ...invalid],
    ['a.b.c', ...invalid],
    ['nonsense', ...invalid],
    [
      forgeToken({ secret, claims: { iat: hourAgo() - 60, exp: hourAgo() } }),
      'TOKEN_EXPIRED',
      'Token expired',
    ],
    [forgeToken({ secret, claims: { sub: undefined } }), 'TOKEN_FORMAT_INVALID', 'Invalid token format'],
    [foreignToken({ sub: undefined }), 'TOKEN_FORMAT_INVALID', 'Invalid token format'],
  ] as const
  for (const [given, reason, message] of refused) {
    const answer = await doors.rest('GET', '/api/tasks', { token: given })
    expect(answer).toMatchObject(problem(401, reason, message))
    expect(answer.headers['www-authenticate']).toBe(
      given === undefined
        ? 'Bearer realm="tasklane"'
        : `Bearer realm="tasklane", error="invalid_token", error_description="${message}"`,
    )
    const call = doors.trpc(given).tasks.list.query()
    await expect(call).rejects.toMatchObject(refusal(401, reason, message))
  }
})

it('A4 each authentication failure is one structured line of the log', async () => {
  const { email, password } = await doors.signUp()
  const failures = [
    [undefined, 'AUTHENTICATION_REQUIRED'],
    ['a.b.c', 'TOKEN_INVALID'],
    [forgeToken({ secret, claims: { iat: hourAgo() - 60, exp: hourAgo() } }), 'TOKEN_EXPIRED'],
    [forgeToken({ secret, claims: { sub: undefined } }), 'TOKEN_FORMAT_INVALID'],
  ] as const
  for (const [token, reason] of failures) {
    const line = {
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      reqId: expect.stringMatching(uuid),
      event: 'authentication_failed',
      reason,
      msg: 'authentication failed',
    }
    const failed = () => captured.entries().filter(({ event }) => event === 'authentication_failed')
    captured.clear()
    await doors.rest('GET', '/api/auth/me', { token, ipAddress: '198.51.100.7' })
    expect(failed()).toEqual([{ ...line, ipAddress: '198.51.100.7' }])
    captured.clear()
    await doors
      .trpc(token)
      .auth.me.query()
      .catch(() => undefined)
    expect(failed()).toEqual([{ ...line, ipAddress: '127.0.0.1' }])
    if (token !== undefined) expect(captured.text()).not.toContain(token)
  }
  captured.clear()
  await doors.rest('POST', '/api/auth/login', { body: { email, password: `${password}2` } })
  expect(captured.entries()).toContainEqual(
    expect.objectContaining({ event: 'log_in_failed', reason: 'WRONG_PASSWORD', ipAddress: '127.0.0.1' }),
  )
  expect(captured.text()).not.toContain(password)
})

it('A5 GET /health answers without a token', async () => {
  const answer = await doors.rest('GET', '/health')
  expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } })
  expect((await doors.rest('GET', '/health', { token: 'nonsense' })).status).toBe(200)
})

it('A6 the first valid token of an unknown user makes the user, once', async () => {
  const countUsers = async () => Number((await doors.rows('select count(*) from users'))[0]?.['count'])
  const sub = 'ada-of-elsewhere'
  const profile = { email: 'Ada@Elsewhere.example', name: 'Ada', avatar_url: 'https://x.test/ada.png' }
  const token = foreignToken({ sub, ...profile })
  const before = await countUsers()
  const overRest = Array.from({ length: 25 }, () => doors.rest('GET', '/api/auth/me', { token }))
  const overTrpc = Array.from({ length: 25 }, () => doors.trpc(token).auth.me.query())
  const ids = [
    ...(await Promise.all(overRest)).map(({ body }) => body.id as string),
    ...(await Promise.all(overTrpc)).map(({ id }) => id),
  ]
  expect(ids).toHaveLength(50)
  expect(new Set(ids).size).toBe(1)
  expect(await countUsers()).toBe(before + 1)
  const { body: me } = await doors.rest('GET', '/api/auth/me', { token })
  expect(me).toMatchObject({ ...profile, email: 'ada@elsewhere.example' })

  const later = foreignToken({ sub, ...profile, iat: Math.floor(Date.now() / 1000) - 1 })
  expect(later).not.toBe(token)
  expect((await doors.rest('GET', '/api/auth/me', { token: later })).body.id).toBe(me.id)
  expect(await countUsers()).toBe(before + 1)

  const onlySub = foreignToken({ sub: 'nobody-special', iss: undefined, aud: undefined, iat: undefined })
  const bare = await doors.rest('GET', '/api/auth/me', { token: onlySub })
  expect(bare).toMatchObject({ status: 200, body: { email: null, name: null, avatar_url: null } })
  expect((await doors.trpc(onlySub).auth.me.query()).id).toBe(bare.body.id)
  expect(await countUsers()).toBe(before + 2)
})

it('A7 a user has id, a unique email, name, avatar_url, created_at and updated_at', async () => {
  const { token, userId, email, trpc } = await doors.signUp()
  const { body } = await doors.rest('GET', '/api/auth/me', { token })
  const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/)
  expect(body).toMatchObject({ id: userId, email, name: null, avatar_url: null })
  expect(body).toMatchObject({ created_at: instant, updated_at: instant })
  expect(await trpc.auth.me.query()).toMatchObject({
    id: userId,
    avatarUrl: null,
    createdAt: expect.any(Date),
  })
  const changed = await doors.rest('PATCH', '/api/auth/me', { token, body: { name: 'Ada' } })
  expect(Date.parse(changed.body.updated_at)).toBeGreaterThan(Date.parse(body.updated_at))

  const columns = await doors.rows(
    `select column_name as name, data_type as type, is_nullable as nullable
      from information_schema.columns where table_name = 'users'`,
  )
  const instantColumn = { type: 'timestamp with time zone', nullable: 'NO' }
  expect(columns).toEqual(
    expect.arrayContaining([
      { name: 'id', type: 'uuid', nullable: 'NO' },
      { name: 'email', type: 'text', nullable: 'YES' },
      { name: 'name', type: 'text', nullable: 'YES' },
      { name: 'avatar_url', type: 'text', nullable: 'YES' },
      { name: 'created_at', ...instantColumn },
      { name: 'updated_at', ...instantColumn },
    ]),
  )
  const twice = doors.rows(`insert into users (id, email) values (gen_random_uuid(), '${email}')`)
  await expect(twice).rejects.toThrow('users_email_key')
})
