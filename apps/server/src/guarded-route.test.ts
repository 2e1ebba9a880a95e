import { createContext, requirePerson, requireUser } from '@tasklane/api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { callerOf } from './caller.ts'
import { createTestServer, type TestServer } from './testing.ts'

let server: TestServer
let accessToken: string
let userId: string
let read: string
let write: string

/** A plain route, guarded as docs/security.md says. */
beforeAll(async () => {
  server = await createTestServer()
  const { dependencies } = server.backend
  server.app.get('/export.csv', async (req) => {
    const ctx = createContext(dependencies, callerOf(req))
    const { userId } = await requireUser(ctx, { changesSomething: false })
    return { exportOf: userId }
  })
  server.app.post('/import.csv', async (req) => {
    const principal = await requireUser(createContext(dependencies, callerOf(req)), {
      changesSomething: true,
    })
    return { importOf: principal.userId }
  })
  server.app.get('/account.csv', async (req) => {
    const principal = await requireUser(createContext(dependencies, callerOf(req)), {
      changesSomething: false,
    })
    requirePerson(principal)
    return { accountOf: principal.userId }
  })
  const { signedIn, client } = await server.backend.signUp()
  accessToken = signedIn.accessToken
  userId = signedIn.user.id
  const tokens = client.tokens.create
  read = (await tokens.mutate({ name: 'reads', scopes: 'read' })).token
  write = (await tokens.mutate({ name: 'writes', scopes: 'write' })).token
})
afterAll(() => server.close())

const get = (headers: Record<string, string>) => server.app.inject({ url: '/export.csv', headers })

it('a plain route that asks the guard knows who calls', async () => {
  const res = await get({ authorization: `Bearer ${accessToken}` })
  expect(res.statusCode).toBe(200)
  expect(res.json()).toEqual({ exportOf: userId })
})

it.each([
  [{}, 'AUTHENTICATION_REQUIRED', 'Bearer realm="tasklane"'],
  [
    { authorization: 'Bearer nonsense' },
    'TOKEN_INVALID',
    'Bearer realm="tasklane", error="invalid_token", error_description="Invalid or expired token"',
  ],
])('refuses %j as every procedure does', async (headers, code, challenge) => {
  const res = await get(headers)
  expect(res.statusCode).toBe(401)
  expect(res.headers).toMatchObject({
    'content-type': 'application/problem+json; charset=utf-8',
    'www-authenticate': challenge,
    'cache-control': 'no-store',
  })
  expect(res.json()).toMatchObject({ status: 401, code })
})

it.each([
  { method: 'GET', url: '/export.csv', token: () => read, status: 200 },
  { method: 'POST', url: '/import.csv', token: () => read, status: 403 },
  { method: 'POST', url: '/import.csv', token: () => write, status: 200 },
  { method: 'GET', url: '/account.csv', token: () => write, status: 403 },
  { method: 'GET', url: '/account.csv', token: () => accessToken, status: 200 },
] as const)('$method $url answers $status by what the credential may do', async (row) => {
  const { method, url, token, status } = row
  const res = await server.app.inject({ method, url, headers: { authorization: `Bearer ${token()}` } })
  expect(res.statusCode).toBe(status)
})

it('says that the database is away, and when to come back', async () => {
  const away = await createTestServer()
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  away.app.get('/export.csv', async () => {
    throw new Error('Failed query', { cause })
  })
  const res = await away.app.inject({ url: '/export.csv' })
  expect(res.statusCode).toBe(503)
  expect(res.headers['retry-after']).toBe('5')
  expect(res.json()).toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  await away.close()
})
