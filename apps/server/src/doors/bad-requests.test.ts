import { testSettings } from '@tasklane/api/testing'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { trpcErrorOf } from '../fixtures/answers.ts'
import { captureLog } from '../fixtures/captured-log.ts'
import { forgeToken } from '../fixtures/jwt.ts'
import { expectRefused, post, type Refused } from '../fixtures/refused.ts'
import { createTestServer, type TestServer } from '../testing.ts'

const captured = captureLog()
let server: TestServer
let accessToken: string
let refreshToken: string

beforeAll(async () => {
  server = await createTestServer({ log: captured.log })
  const { signedIn } = await server.backend.signUp()
  accessToken = signedIn.accessToken
  refreshToken = signedIn.refreshToken
})

afterAll(() => server.close())

afterEach(() => {
  const ourFault = captured.entries().filter(({ level }) => Number(level) > 30)
  expect(ourFault, 'logged as our fault').toEqual([])
  captured.clear()
})

function signedInHeaders(headers: Record<string, string> = {}) {
  return { authorization: `Bearer ${accessToken}`, ...headers }
}

const get = (url: string, headers: Record<string, string> = {}) =>
  server.app.inject({ method: 'GET', url, headers: signedInHeaders(headers) })

type Answer = Pick<Refused, 'status' | 'reason'>
const expectGetRefused = (
  url: string,
  { headers, ...answer }: Answer & { headers?: Record<string, string> },
) => expectRefused(server, { ...answer, name: url, req: { url, headers: signedInHeaders(headers) } })

describe('a procedure that does not exist is PROCEDURE_NOT_FOUND', () => {
  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'tasks',
    'tasks.__proto__',
    'tasks.constructor',
    'tasks.create.call',
    'tasks.create._def',
    'tasks.create.query',
    '_def',
    '_def.procedures',
    'createCaller',
    'auth..me',
    '.auth.me',
    'AUTH.ME',
    'auth%252Eme',
    'auth%2Fme',
    'auth.me%00',
    'auth.me;x=1',
    '..%2Fhealth',
    '%20auth.me',
    '',
    '*',
    '%F0%9F%92%A9',
  ])('/trpc/%s', (path) => expectGetRefused(`/trpc/${path}`, { status: 404, reason: 'PROCEDURE_NOT_FOUND' }))
})

describe('a path that leads nowhere is ROUTE_NOT_FOUND', () => {
  it.each(['/trpc', '/trpc?batch=1', '/trpc//', '/trpc/auth.me/', '/trpc/auth/me', '/trpc/../trpc'])(
    '%s',
    (url) => expectGetRefused(url, { status: 404, reason: 'ROUTE_NOT_FOUND' }),
  )
})

it('a dot that is percent-encoded is a dot, and walks around no guard', async () => {
  expect((await get('/trpc/auth%2Eme')).statusCode).toBe(200)
  await expectGetRefused('/trpc/auth%2Eme', {
    headers: { authorization: '' },
    status: 401,
    reason: 'AUTHENTICATION_REQUIRED',
  })
})

describe('a URL that cannot be decoded is REQUEST_INVALID', () => {
  it.each(['/trpc/%E0%A4%A', '/trpc/%', '/trpc/auth.me%', '/trpc/%FF', '/trpc/auth.me,%zz?batch=1'])(
    '%s',
    (url) => expectGetRefused(url, { status: 400, reason: 'REQUEST_INVALID' }),
  )
})

describe('an input in the URL that is not ours is refused', () => {
  it.each([
    ['input={', 'INPUT_MALFORMED'],
    ['input=%', 'INPUT_MALFORMED'],
    ['input=%E0%A4%A', 'INPUT_MALFORMED'],
    ['input=5', 'INPUT_MALFORMED'],
    ['input=[]', 'INPUT_MALFORMED'],
    ['input={"limit":1}', 'INPUT_MALFORMED'],
    ['input={"json":{"limit":"1"}}', 'INPUT_INVALID'],
    ['connectionParams=x', 'INPUT_MALFORMED'],
    ['connectionParams={"token":1}', 'INPUT_MALFORMED'],
    ['batch=1&input=5', 'REQUEST_INVALID'],
    ['batch=1&input=[]', 'REQUEST_INVALID'],
    ['batch=1&input={', 'INPUT_MALFORMED'],
    ['batch=1&input={"0":5}', 'INPUT_MALFORMED'],
    ['batch=1&input={"0":null}', 'INPUT_MALFORMED'],
    ['batch=1&input={"0":{"limit":1}}', 'INPUT_MALFORMED'],
  ] as const)('%s is %s', (query, reason) =>
    expectGetRefused(`/trpc/tasks.list?${query}`, { status: 400, reason }),
  )
})

it('a stream of a single call is refused', () =>
  expectGetRefused('/trpc/auth.me', {
    headers: { 'trpc-accept': 'application/jsonl' },
    status: 400,
    reason: 'REQUEST_INVALID',
  }))

describe('a host that is none is REQUEST_INVALID', () => {
  it.each(['[', 'a b', 'user:password@host', 'host:99999', '::1', 'a/b', 'a\\b', 'a?b', 'a#b'])(
    '%s',
    (host) =>
      expectGetRefused('/trpc/auth.me', { headers: { host }, status: 400, reason: 'REQUEST_INVALID' }),
  )

  it.each(['localhost', 'api.example.com:8080', '127.0.0.1', '[::1]:3000', 'my_host'])(
    'but %s is one',
    async (host) => expect((await get('/trpc/auth.me', { host })).statusCode).toBe(200),
  )
})

describe('a method that is neither GET nor POST is METHOD_NOT_SUPPORTED and names those that are', () => {
  it.each(['PUT', 'PATCH', 'DELETE'] as const)('%s', async (method) => {
    const req = { ...post('auth.logOut', { json: {} }, signedInHeaders()), method }
    await expectRefused(server, { name: method, req, status: 405, reason: 'METHOD_NOT_SUPPORTED' })
    expect((await server.app.inject(req)).headers['allow']).toBe('GET, POST')
  })

  it('HEAD', async () => {
    const res = await server.app.inject({ method: 'HEAD', url: '/trpc/auth.me', headers: signedInHeaders() })
    expect(res.statusCode).toBe(405)
    expect(res.body).toBe('')
  })

  it('GET too, on a mutation', async () => {
    await expectGetRefused('/trpc/auth.logOut', { status: 405, reason: 'METHOD_NOT_SUPPORTED' })
    expect((await get('/trpc/auth.logOut')).headers['allow']).toBe('POST')
  })
})

describe('what is not said to be JSON is MEDIA_TYPE_UNSUPPORTED and runs nothing, so that no foreign page can', () => {
  const multipart = 'multipart/form-data; boundary=x'
  const bodies = [
    '',
    '{}',
    '{"json":{}}',
    '--x--\r\n',
    '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--',
  ]
  it.each([
    multipart,
    'text/plain',
    'text/plain; application/json',
    'text/plain;charset=utf-8',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
    'application/jsonx',
    'application/json, text/plain',
    'text/json',
    'json',
    '',
  ])('"%s"', async (type) => {
    for (const body of bodies) {
      await expectRefused(server, {
        name: type,
        req: post('auth.logOut', body, signedInHeaders({ 'content-type': type })),
        status: 415,
        reason: 'MEDIA_TYPE_UNSUPPORTED',
      })
    }
    expect((await get('/trpc/auth.me')).statusCode, 'still logged in').toBe(200)
  })

  it('nothing at all, with and without a body', async () => {
    for (const payload of [undefined, '{}']) {
      await expectRefused(server, {
        name: 'no content type',
        req: {
          method: 'POST',
          url: '/trpc/auth.logOut',
          headers: signedInHeaders(),
          ...(payload !== undefined && { payload }),
        },
        status: 415,
        reason: 'MEDIA_TYPE_UNSUPPORTED',
      })
    }
    expect((await get('/trpc/auth.me')).statusCode, 'still logged in').toBe(200)
  })

  it.each(['application/json', 'APPLICATION/JSON', 'application/json; charset=utf-8'])(
    'but %s is JSON',
    async (type) => {
      const { signedIn } = await server.backend.signUp()
      const headers = { 'content-type': type, authorization: `Bearer ${signedIn.accessToken}` }
      expect((await server.app.inject(post('auth.logOut', '', headers))).json()).toEqual({
        result: { data: { json: { message: 'Logged out' } } },
      })
    },
  )
})

describe('a token', () => {
  const { jwtSecret: secret } = testSettings
  const expired = Math.floor(Date.now() / 1000) - 60
  const bearer = (token: string) => `Bearer ${token}`
  const refusedAs = { TOKEN_INVALID: 'Invalid or expired token', TOKEN_EXPIRED: 'Token expired' }
  const rows: [string, keyof typeof refusedAs, () => string][] = [
    ['of another scheme', 'TOKEN_INVALID', () => 'Basic eDp5'],
    ['without its scheme', 'TOKEN_INVALID', () => accessToken],
    ['after a lower-case scheme', 'TOKEN_INVALID', () => `bearer ${accessToken}`],
    ['after a scheme alone', 'TOKEN_INVALID', () => 'Bearer '],
    ['beside another', 'TOKEN_INVALID', () => bearer(`${accessToken} ${accessToken}`)],
    ['that is none', 'TOKEN_INVALID', () => bearer('a.b.c')],
    ['of 9000 bytes', 'TOKEN_INVALID', () => bearer('x'.repeat(9000))],
    ['that is cut off', 'TOKEN_INVALID', () => bearer(accessToken.slice(0, -2))],
    ['that is a refresh token', 'TOKEN_INVALID', () => bearer(refreshToken)],
    [
      'signed by another',
      'TOKEN_INVALID',
      () => bearer(forgeToken({ secret: 'another secret of 32 bytes, is it' })),
    ],
    ['signed by nobody', 'TOKEN_INVALID', () => bearer(forgeToken({ secret, header: { alg: 'none' } }))],
    ['of another kind', 'TOKEN_INVALID', () => bearer(forgeToken({ secret, header: { typ: 'JWT' } }))],
    ['for another server', 'TOKEN_INVALID', () => bearer(forgeToken({ secret, claims: { aud: 'x' } }))],
    ['that has expired', 'TOKEN_EXPIRED', () => bearer(forgeToken({ secret, claims: { exp: expired } }))],
  ]

  async function expectRefusedEverywhere(authorization: string, refused: Omit<Refused, 'req' | 'status'>) {
    const headers = { authorization }
    const task = { json: { title: 'x' } }
    for (const req of [{ url: '/trpc/auth.me', headers }, post('tasks.create', task, headers)]) {
      await expectRefused(server, { ...refused, req, status: 401 })
    }
  }

  it.each(rows)('%s is %s', (name, reason, authorization) =>
    expectRefusedEverywhere(authorization(), { name, reason, message: refusedAs[reason] }),
  )

  it('that is missing is AUTHENTICATION_REQUIRED', () =>
    expectRefusedEverywhere('', {
      name: 'missing',
      reason: 'AUTHENTICATION_REQUIRED',
      message: 'Authentication required',
    }))

  it('without a subject is TOKEN_FORMAT_INVALID', () =>
    expectRefusedEverywhere(bearer(forgeToken({ secret, claims: { sub: undefined } })), {
      name: 'no subject',
      reason: 'TOKEN_FORMAT_INVALID',
      message: 'Invalid token format',
    }))

  it('is asked for before the input is looked at', async () => {
    const res = await server.app.inject(post('tasks.create', { json: { nonsense: 1 } }))
    expect(trpcErrorOf(res.json()).data.reason).toBe('AUTHENTICATION_REQUIRED')
  })

  it('that is good lets in, so that the table above is not refused for something else', async () => {
    expect((await get('/trpc/auth.me', { authorization: bearer(accessToken) })).statusCode).toBe(200)
    const { sub, sid } = decodeJwt(accessToken)
    const forged = forgeToken({ secret, claims: { sub, sid } })
    expect((await get('/trpc/auth.me', { authorization: bearer(forged) })).statusCode).toBe(200)
  })
})
