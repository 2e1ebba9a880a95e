import { AppError, createContext } from '@tasklane/api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { callerOf } from './caller.ts'
import { createTestServer, type TestServer } from './testing.ts'

let server: TestServer
let accessToken: string
let userId: string

/** A plain route, guarded as docs/security.md says. */
beforeAll(async () => {
  server = await createTestServer()
  const { dependencies } = server.backend
  server.app.get('/export.csv', async (req) => {
    const ctx = createContext(dependencies, callerOf(req))
    const principal = await ctx.authenticate()
    if (principal.kind !== 'user') throw new AppError('AUTHENTICATION_REQUIRED')
    return { exportOf: principal.userId }
  })
  const { signedIn } = await server.backend.signUp()
  accessToken = signedIn.accessToken
  userId = signedIn.user.id
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
