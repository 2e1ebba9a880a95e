import type { InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './app.ts'
import { post } from './fixtures/refused.ts'
import { createTestServer, type TestServer } from './testing.ts'

const allowed = 'https://app.example.com'
let server: TestServer
let authorization: string

beforeAll(async () => {
  server = await createTestServer({ corsOrigins: [allowed, 'http://localhost:5173'] })
  const { signedIn } = await server.backend.signUp()
  authorization = `Bearer ${signedIn.accessToken}`
})

afterAll(() => server.close())

/** One answer of each way that an answer comes about. */
const requests: [string, number, (headers: Record<string, string>) => InjectOptions][] = [
  ['a result', 200, (headers) => ({ url: '/trpc/tasks.list', headers: { authorization, ...headers } })],
  ['a stream', 200, (headers) => stream({ authorization, ...headers })],
  ['a refusal of a procedure', 401, (headers) => ({ url: '/trpc/auth.me', headers })],
  ['a refusal of an input', 400, (headers) => post('auth.logIn', '{', headers)],
  ['a refusal of a whole batch', 400, (headers) => ({ url: '/trpc/auth.me,auth.logOut?batch=1', headers })],
  [
    'a refusal of the door',
    415,
    (headers) => post('auth.logIn', 'x', { 'content-type': 'text/plain', ...headers }),
  ],
  ['a refusal of the path', 400, (headers) => ({ url: '/trpc/%E0%A4%A', headers })],
  ['no route', 404, (headers) => ({ url: '/nowhere', headers })],
  ['health', 200, (headers) => ({ url: '/health', headers })],
  ['readiness', 200, (headers) => ({ url: '/health/ready', headers })],
]

function stream(headers: Record<string, string>): InjectOptions {
  return { url: '/trpc/auth.me?batch=1', headers: { 'trpc-accept': 'application/jsonl', ...headers } }
}

describe.each(requests)('%s', (_what, status, request) => {
  const answer = async (headers: Record<string, string> = {}) => {
    const res = await server.app.inject(request(headers))
    expect(res.statusCode).toBe(status)
    return res.headers
  }

  it('is not stored, sniffed or guessed at', async () => {
    expect(await answer()).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })

  it('carries the id that the request came with', async () => {
    expect((await answer({ 'x-request-id': 'trace-1.2:3_4' }))['x-request-id']).toBe('trace-1.2:3_4')
  })

  it.each([
    ['no id', {}],
    ['an empty one', { 'x-request-id': '' }],
    ['one with a tab', { 'x-request-id': 'a\tb' }],
    ['one with a space', { 'x-request-id': 'a b' }],
    ['one of 10 kB', { 'x-request-id': 'x'.repeat(10_000) }],
    ['one that is markup', { 'x-request-id': '<script>' }],
  ])('makes an id of its own for %s', async (_name, headers) => {
    const made = await answer(headers as Record<string, string>)
    expect(made['x-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(made).not.toHaveProperty('set-cookie')
  })

  it('says nothing of what runs here', async () => {
    const headers = await answer()
    expect(headers).not.toHaveProperty('server')
    expect(headers).not.toHaveProperty('x-powered-by')
  })
})

// Fastify runs no hook for a path that it cannot decode.
const hooked = requests.filter(([what]) => what !== 'a refusal of the path')

describe.each(hooked)('%s', (_what, _status, request) => {
  it('carries the security headers', async () => {
    const { headers } = await server.app.inject(request({}))
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'strict-transport-security': expect.stringContaining('max-age='),
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    })
  })

  it('may be read by an allowed origin, with its credentials', async () => {
    const { headers } = await server.app.inject(request({ origin: allowed }))
    expect(headers).toMatchObject({
      'access-control-allow-origin': allowed,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers':
        'ratelimit, ratelimit-limit, ratelimit-policy, ratelimit-remaining, ratelimit-reset, etag, location, retry-after, x-request-id',
    })
    expect(varyOf(headers['vary'])).toContain('origin')
  })

  it.each([
    'https://evil.example.com',
    `${allowed}.evil.com`,
    `${allowed}:444`,
    'http://app.example.com',
    'null',
  ])('may not be read by %s', async (origin) => {
    const { headers } = await server.app.inject(request({ origin }))
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    expect(varyOf(headers['vary'])).toContain('origin')
  })
})

function varyOf(header: unknown): string[] {
  return String(header).toLowerCase().split(/, ?/)
}

describe('a preflight', () => {
  const preflight = (origin: string, wanted = 'authorization,content-type,trpc-accept,x-request-id') =>
    server.app.inject({
      method: 'OPTIONS',
      url: '/trpc/tasks.create?batch=1',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': wanted,
      },
    })

  it('lets an allowed origin use every method, and send a token, JSON and the headers of both doors', async () => {
    const res = await preflight(allowed)
    expect(res.statusCode).toBe(204)
    expect(res.headers).toMatchObject({
      'access-control-allow-origin': allowed,
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-max-age': '600',
    })
    const headers = String(res.headers['access-control-allow-headers']).split(', ')
    expect(headers).toEqual(
      expect.arrayContaining([
        ...['authorization', 'content-type', 'trpc-accept', 'x-request-id'],
        ...['idempotency-key', 'if-match', 'if-none-match'],
      ]),
    )
  })

  it('lets no other origin', async () => {
    const res = await preflight('https://evil.example.com')
    expect(res.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('lets no origin where none is configured', async () => {
    const { dependencies } = server.backend
    const closed = await buildApp({ dependencies, isReady: async () => true })
    const res = await closed.inject({ url: '/health', headers: { origin: allowed } })
    expect(res.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it.each([{ origin: allowed }, {}])(
    'never reaches a procedure, nor does any OPTIONS: %j',
    async (headers) => {
      for (const url of ['/trpc/auth.me', '/trpc/auth.logOut', '/nowhere']) {
        const res = await server.app.inject({
          method: 'OPTIONS',
          url,
          headers: { authorization, ...headers },
        })
        expect(res.statusCode).toBe(204)
        expect(res.body).toBe('')
      }
      expect((await server.app.inject({ url: '/trpc/auth.me', headers: { authorization } })).statusCode).toBe(
        200,
      )
    },
  )
})
