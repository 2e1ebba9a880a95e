import type { AddressInfo } from 'node:net'
import { AppError, type Reason } from '@tasklane/api'
import { testPassword, testSettings } from '@tasklane/api/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './app.ts'
import { problemOf, trpcErrorOf } from './fixtures/answers.ts'
import { captureLog } from './fixtures/captured-log.ts'
import { forgeToken } from './fixtures/jwt.ts'
import { jsonIn, sendRaw } from './fixtures/raw-http.ts'
import { createTestServer, type TestServer } from './testing.ts'

const captured = captureLog()
const { jwtSecret: secret } = testSettings
const expired = Math.floor(Date.now() / 1000) - 60
let server: TestServer
let origin: string
let accessToken: string
let email: string

beforeAll(async () => {
  server = await createTestServer({ log: captured.log })
  origin = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const user = await server.backend.signUp()
  accessToken = user.signedIn.accessToken
  email = user.email
})

afterAll(() => server.close())

const json = { 'content-type': 'application/json' }
const call = (path: string, headers: Record<string, string>, input?: object) =>
  fetch(
    `${origin}/trpc/${path}`,
    input
      ? { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify({ json: input }) }
      : { headers },
  )

const bearer = 'Bearer realm="tasklane"'
const invalid = 'Bearer realm="tasklane", error="invalid_token", error_description="Invalid or expired token"'

interface Row {
  name: string
  authorization?: () => string
  reason: Reason
  message: string
  challenge: string
}

const tokenInvalid = {
  reason: 'TOKEN_INVALID',
  message: 'Invalid or expired token',
  challenge: invalid,
} as const
const rows: Row[] = [
  {
    name: 'no header',
    reason: 'AUTHENTICATION_REQUIRED',
    message: 'Authentication required',
    challenge: bearer,
  },
  { ...tokenInvalid, name: 'another scheme', authorization: () => 'Basic eDp5' },
  { ...tokenInvalid, name: 'a malformed header', authorization: () => `Bearer  ${accessToken}` },
  { ...tokenInvalid, name: 'a malformed token', authorization: () => 'Bearer a.b.c' },
  { ...tokenInvalid, name: 'a token of 9000 bytes', authorization: () => `Bearer ${'x'.repeat(9000)}` },
  {
    ...tokenInvalid,
    name: 'a bad signature',
    authorization: () => `Bearer ${forgeToken({ secret: 'another secret of 32 bytes, is it' })}`,
  },
  {
    name: 'an expired token',
    authorization: () => `Bearer ${forgeToken({ secret, claims: { exp: expired } })}`,
    reason: 'TOKEN_EXPIRED',
    message: 'Token expired',
    challenge: 'Bearer realm="tasklane", error="invalid_token", error_description="Token expired"',
  },
  {
    name: 'a token without a subject',
    authorization: () => `Bearer ${forgeToken({ secret, claims: { sub: undefined } })}`,
    reason: 'TOKEN_FORMAT_INVALID',
    message: 'Invalid token format',
    challenge: 'Bearer realm="tasklane", error="invalid_token", error_description="Invalid token format"',
  },
]

describe('over HTTP, a call with', () => {
  it.each(rows)('$name is 401 $reason, and told how to authenticate', async (row) => {
    const headers = row.authorization ? { authorization: row.authorization() } : {}
    for (const [path, input] of [
      ['auth.me'],
      ['tasks.create', { title: 'x' }],
      ['auth.me,tasks.list?batch=1'],
    ] as const) {
      captured.clear()
      const res = await call(path, headers, input)
      expect(res.status).toBe(401)
      const body: unknown = await res.json()
      for (const error of [body].flat().map(trpcErrorOf)) {
        expect(error).toMatchObject({ message: row.message, data: { reason: row.reason, httpStatus: 401 } })
      }
      expect(res.headers.get('www-authenticate')).toBe(row.challenge)
      expect(res.headers.get('cache-control')).toBe('no-store')
      const logged = captured.entries().filter(({ event }) => event === 'authentication_failed')
      expect(logged).toMatchObject([{ reason: row.reason, ipAddress: '127.0.0.1', time: expect.any(String) }])
    }
  })

  it('a good token is let in, so that the table above is not refused for something else', async () => {
    const res = await call('auth.me', { authorization: `Bearer ${accessToken}` })
    expect(res.status).toBe(200)
    expect(res.headers.get('www-authenticate')).toBeNull()
  })

  it('a header over the limit of Node is 431, in the envelope of the door', async () => {
    const res = await call('auth.me', { authorization: `Bearer ${'x'.repeat(17_000)}` })
    expect(res.status).toBe(431)
    expect(trpcErrorOf(await res.json()).data.reason).toBe('HEADERS_TOO_LARGE')
  })
})

describe('a credential that was shown and is refused', () => {
  it('a token that may only read is told which scope it lacks', async () => {
    const mine = { authorization: `Bearer ${accessToken}` }
    const created = await call('tokens.create', mine, { name: 'Reader', scopes: 'read' })
    const { result } = (await created.json()) as { result: { data: { json: { token: string } } } }
    const reader = { authorization: `Bearer ${result.data.json.token}` }
    expect((await call('auth.me', reader)).status).toBe(200)
    const res = await call('tasks.create', reader, { title: 'x' })
    expect(res.status).toBe(403)
    expect(res.headers.get('www-authenticate')).toBe(
      'Bearer realm="tasklane", error="insufficient_scope", scope="write"',
    )
    expect(trpcErrorOf(await res.json()).data.reason).toBe('SCOPE_INSUFFICIENT')
  })

  it.each([
    ['auth.logIn', { usernameOrEmail: 'nobody', password: 'wrong' }, 'CREDENTIALS_INVALID'],
    ['auth.refresh', { refreshToken: 'made up' }, 'REFRESH_TOKEN_INVALID'],
  ])('%s with what is wrong is a plain challenge', async (path, input, reason) => {
    const res = await call(path, {}, input)
    expect(res.status).toBe(401)
    expect(res.headers.get('www-authenticate')).toBe(bearer)
    expect(trpcErrorOf(await res.json()).data.reason).toBe(reason)
  })

  it('an answer that is neither 401 nor 403 challenges nobody', async () => {
    const res = await call('nothing', {})
    expect(res.status).toBe(404)
    expect(res.headers.get('www-authenticate')).toBeNull()
  })

  it('a 401 outside the tRPC door is challenged too', async () => {
    const { dependencies } = server.backend
    const app = await buildApp({ dependencies, isReady: async () => true })
    app.get('/locked', async () => {
      throw new AppError('TOKEN_EXPIRED')
    })
    app.get('/busy', async () => {
      throw new AppError('TOO_BUSY', { retryAfterSeconds: 3 })
    })
    const locked = await app.inject('/locked')
    expect(locked.headers['www-authenticate']).toBe(
      'Bearer realm="tasklane", error="invalid_token", error_description="Token expired"',
    )
    expect(problemOf(locked.json())).toMatchObject({
      status: 401,
      code: 'TOKEN_EXPIRED',
      detail: 'Token expired',
    })
    const busy = await app.inject('/busy')
    expect([busy.statusCode, busy.headers['retry-after']]).toEqual([503, '3'])
    await app.close()
  })
})

describe('two Authorization headers are refused', () => {
  const good = () => `Bearer ${accessToken}`
  const pairs: [string, () => [string, string]][] = [
    ['the same twice', () => [good(), good()]],
    ['a good one first', () => [good(), 'Bearer a.b.c']],
    ['a good one last', () => ['Bearer a.b.c', good()]],
    ['one of another scheme', () => [good(), 'Basic eDp5']],
    ['an empty one', () => [good(), '']],
  ]

  it.each(pairs)('over a socket: %s', async (_what, pair) => {
    const lines = pair().map((value, index) => `${index ? 'AUTHORIZATION' : 'authorization'}: ${value}\r\n`)
    const { port } = server.app.server.address() as AddressInfo
    const answer = await sendRaw(
      port,
      `GET /trpc/auth.me HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${lines.join('')}\r\n`,
    )
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 401 /)
    expect(head).toContain(`www-authenticate: ${invalid}`)
    expect(trpcErrorOf(JSON.parse(jsonIn(body)))).toMatchObject({ data: { reason: 'TOKEN_INVALID' } })
  })

  it.each(pairs)('in process: %s', async (_what, pair) => {
    const headers: Record<string, string[]> = { authorization: pair() }
    const res = await server.app.inject({ url: '/trpc/auth.me', headers })
    expect(res.statusCode).toBe(401)
    expect(trpcErrorOf(res.json()).data.reason).toBe('TOKEN_INVALID')
  })
})

it('every answer that holds a token is stored by nobody', async () => {
  const account = { email: 'token@example.com', password: testPassword }
  const signedUp = await call('auth.signUp', {}, account)
  const loggedIn = await call('auth.logIn', {}, { usernameOrEmail: email, password: testPassword })
  const { result } = (await loggedIn.json()) as { result: { data: { json: { refreshToken: string } } } }
  const refreshed = await call('auth.refresh', {}, { refreshToken: result.data.json.refreshToken })
  const created = await call(
    'tokens.create',
    { authorization: `Bearer ${accessToken}` },
    { name: 'x', scopes: 'read' },
  )
  for (const res of [signedUp, loggedIn, refreshed, created]) {
    expect(res.status).toBe(200)
    expect(res.headers.get('cache-control')).toBe('no-store')
  }
})
