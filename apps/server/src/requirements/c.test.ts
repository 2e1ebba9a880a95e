import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createContext, requireUser } from '@tasklane/api'
import { testSettings } from '@tasklane/api/testing'
import { startBetterAuth } from '@tasklane/api/testing-better-auth'
import { decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, expectTypeOf, it } from 'vitest'
import { callerOf } from '../caller.ts'
import { parseEnv } from '../env.ts'
import { forgeToken } from '../fixtures/jwt.ts'
import { jsonIn, sendRaw } from '../fixtures/raw-http.ts'
import { openApiDocument } from '../rest/openapi.ts'
import { type Account, type Doors, openDoors, problem, refusal, uuid } from './fixtures/doors.ts'

const { jwtSecret: secret } = testSettings
const password = 'Correct-Horse-1'
let doors: Doors
let ada: Account

beforeAll(async () => {
  doors = await openDoors()
  ada = await doors.signUp()
  doors.app.get('/export.csv', async (req) => {
    const ctx = createContext(doors.backend.dependencies, callerOf(req))
    const { userId, email } = await requireUser(ctx, { changesSomething: false })
    expectTypeOf(userId).toEqualTypeOf<string>()
    expectTypeOf(email).toEqualTypeOf<string | undefined>()
    return { userId, email }
  })
})
afterAll(() => doors.close())

it('C1 one guard stands before procedures and routes, which behave alike', async () => {
  const past = Math.floor(Date.now() / 1000) - 3600
  const credentials = [
    undefined,
    'nonsense',
    'a.b.c',
    forgeToken({ secret: 'a secret of somebody else, 32 bytes and more' }),
    forgeToken({ secret, claims: { iat: past - 900, exp: past } }),
    forgeToken({ secret, claims: { sub: undefined } }),
    forgeToken({ secret, claims: { sid: undefined } }),
  ]
  const routes = [
    '/api/tasks',
    '/tasks',
    '/api/auth/me',
    '/api/tasks/counts',
    '/api/auth/sessions',
    '/export.csv',
  ]
  for (const token of credentials) {
    const seen: unknown[] = []
    for (const route of routes) {
      const { status, body, headers } = await doors.rest('GET', route, { token })
      seen.push({ status, detail: body.detail, code: body.code, challenge: headers['www-authenticate'] })
    }
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    for (const procedure of ['tasks.list', 'auth.me', 'tokens.list']) {
      const res = await doors.app.inject({ url: `/trpc/${procedure}`, headers })
      const { message, data } = res.json().error.json
      const challenge = res.headers['www-authenticate']
      seen.push({ status: res.statusCode, detail: message, code: data.reason, challenge })
    }
    expect(seen[0]).toMatchObject({ status: 401, challenge: expect.stringMatching(/^Bearer realm/) })
    for (const each of seen) expect(each).toEqual(seen[0])
  }
  for (const route of routes) expect((await doors.rest('GET', route, { token: ada.token })).status).toBe(200)

  const document = readFileSync(new URL('../../../../docs/security.md', import.meta.url), 'utf8')
  const [, how = ''] = document.split('\n## Protect a new procedure or route\n')
  for (const name of ['signedInProcedure', 'createContext(dependencies, callerOf(req))', 'requireUser(ctx'])
    expect(how).toContain(name)
})

it('C2 BETTER_AUTH_SECRET signs, is checked, and is enough in production', async () => {
  const shared = 'c4Jm0cYq1h0u2mVJr1j3Zr8W2x9k5T7pQeXsLd6NfGw='
  const { jwtSecret = '' } = parseEnv({ BETTER_AUTH_SECRET: shared })
  expect(jwtSecret).toBe(shared)
  const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://nobody@127.0.0.1/none' }
  expect(parseEnv({ ...production, BETTER_AUTH_SECRET: shared }).jwtSecret).toBe(shared)
  expect(() => parseEnv(production)).toThrow('JWT_SECRET: Set it to a secret of at least 32 bytes')
  expect(() => parseEnv({ BETTER_AUTH_SECRET: 'short' })).toThrow(
    'BETTER_AUTH_SECRET: Must have at least 32 bytes',
  )
  const beside = await doors.beside({ settings: { jwtSecret } })
  const body = { email: ada.email, password }
  const { access_token: token } = (await beside.rest('POST', '/api/auth/login', { body })).body
  const { payload } = await jwtVerify(token, new TextEncoder().encode(shared))
  expect(payload.sub).toBe(ada.userId)
  expect((await beside.rest('GET', '/api/auth/me', { token })).status).toBe(200)
  expect((await beside.trpc(token).auth.me.query()).id).toBe(ada.userId)
  expect(await beside.rest('GET', '/api/auth/me', { token: ada.token })).toMatchObject(
    problem(401, 'TOKEN_INVALID'),
  )
  await beside.close()
})

it('C3 Authorization is exactly `Bearer <token>`, once', async () => {
  const { token } = ada
  const malformed = [
    ...[token, `bearer ${token}`, `BEARER ${token}`, `Bearer  ${token}`, `Bearer\t${token}`],
    ...[`Token ${token}`, `Basic ${token}`, 'Bearer', 'Bearer ', `Bearer ${token} ${token}`],
    ...[`Bearer ${token},`, `Bearer "${token}"`, `Bearer ${token}.`, `Bearer ${token.slice(0, -1)}`],
  ]
  for (const authorization of malformed) {
    const answer = await doors.rest('GET', '/api/auth/me', { headers: { authorization } })
    expect(answer, authorization).toMatchObject(problem(401, 'TOKEN_INVALID', 'Invalid or expired token'))
    const res = await doors.app.inject({ url: '/trpc/auth.me', headers: { authorization } })
    expect(res.json().error.json).toMatchObject(refusal(401, 'TOKEN_INVALID', 'Invalid or expired token'))
  }
  await doors.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = doors.app.server.address() as AddressInfo
  const header = `authorization: Bearer ${token}\r\n`
  const head = (path: string, headers: string) =>
    sendRaw(port, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`)
  for (const path of ['/api/auth/me', '/trpc/auth.me']) {
    expect(await head(path, header)).toMatch(/^HTTP\/1.1 200 /)
    const twice = await head(path, header + header)
    expect(twice).toMatch(/^HTTP\/1.1 401 /)
    expect(jsonIn(twice)).toContain('"TOKEN_INVALID"')
  }
})

it("C4 the handler's context has the user's id and email, typed, and our ids are UUIDs", async () => {
  const { token, userId, email } = ada
  expect((await doors.rest('GET', '/export.csv', { token })).body).toEqual({ userId, email })
  expect(userId).toMatch(uuid)
  const { sub, sid } = decodeJwt<{ sid: string }>(token)
  expect([sub, sid]).toEqual([userId, expect.stringMatching(uuid)])
  const withoutEmail = forgeToken({ secret, claims: { sub: userId, sid } })
  expect((await doors.rest('GET', '/export.csv', { token: withoutEmail })).body).toEqual({ userId })
  for (const id of ['ada', '1', `${userId}x`, '', 5]) {
    const forged = forgeToken({ secret, claims: { sub: id, sid } })
    expect(await doors.rest('GET', '/export.csv', { token: forged })).toMatchObject(
      problem(401, 'TOKEN_INVALID'),
    )
    await expect(doors.trpc(forged).auth.me.query()).rejects.toMatchObject(refusal(401, 'TOKEN_INVALID'))
  }
})

it('C5 OpenAPI shows the bearer scheme on protected operations, and on no other', async () => {
  const { body } = await doors.rest('GET', '/api/openapi.json')
  expect(body).toEqual(openApiDocument())
  expect(body.components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } })
  const isPublic =
    /^\/health|^\/\.well-known|openapi\.json$|\/(signup|login|refresh|verify-email|\w+-password-reset|reset-password)$/
  let protectedOperations = 0
  for (const [path, methods] of Object.entries<Record<string, { security: object[] }>>(body.paths)) {
    for (const { security } of Object.values(methods)) {
      expect(security, path).toEqual(isPublic.test(path) ? [] : [{ bearer: [] }])
      protectedOperations += security.length
    }
  }
  expect(protectedOperations).toBeGreaterThan(40)
})

/** The CPU time of this process for one of many, in milliseconds. */
async function cpuOfEach<Item>(items: Item[], work: (item: Item) => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (const item of items) await work(item)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / items.length
}

it('C6 a token is checked in far less than 100 ms, and one that is known in less than 0.1 ms', async () => {
  const { guard, accessTokens } = doors.backend.dependencies
  const { sid = '' } = decodeJwt<{ sid?: string }>(ada.token)
  const subject = { userId: ada.userId, sessionId: sid, email: ada.email, name: null }
  const many = <T>(times: number, make: () => T) => Array.from({ length: times }, make)
  const signed = await Promise.all(many(100, () => accessTokens.sign(subject)))
  const identify = (token: string) => guard.identify(token, { ipAddress: undefined, userAgent: undefined })
  const fresh = await cpuOfEach(signed, ({ token }) => identify(token))
  const known = await cpuOfEach(
    many(2000, () => ada.token),
    identify,
  )
  expect(fresh).toBeLessThan(20)
  expect(known).toBeLessThan(0.1)
})

it('C7 the tokens of a Better Auth server are taken, and checked without asking it again', async () => {
  const betterAuth = await startBetterAuth()
  const { origin: issuer, jwksUrl } = betterAuth
  const trusted = { issuer, audience: issuer, jwksUrl, algorithms: ['EdDSA'] } as const
  const trusting = await doors.beside({ settings: { trustedIssuers: [trusted] } })
  const grace = await betterAuth.signUp({ email: 'grace@example.com', name: 'Grace', password })
  const { token } = grace
  const me = await trusting.rest('GET', '/api/auth/me', { token })
  expect(me).toMatchObject({ status: 200, body: { email: 'grace@example.com', name: 'Grace' } })
  expect((await trusting.trpc(token).auth.me.query()).id).toBe(me.body.id)
  const created = await trusting.rest('POST', '/api/tasks', { token, body: { title: 'By Better Auth' } })
  expect(created).toMatchObject({ status: 201, body: { user_id: me.body.id } })

  const other = await betterAuth.signUp({ email: 'other@example.com', name: 'Other', password })
  betterAuth.stopAnswering()
  expect((await trusting.rest('GET', '/api/auth/me', { token })).body.id).toBe(me.body.id)
  const stranger = await trusting.rest('GET', `/api/tasks/${created.body.id}`, { token: other.token })
  expect(stranger).toMatchObject(problem(404, 'TASK_NOT_FOUND'))
  expect(betterAuth.requests).toBe(1)

  const [head, claims] = token.split('.')
  const forged = `${head}.${claims}.${other.token.split('.')[2]}`
  expect(await trusting.rest('GET', '/api/auth/me', { token: forged })).toMatchObject(
    problem(401, 'TOKEN_INVALID'),
  )
  expect(await doors.rest('GET', '/api/auth/me', { token })).toMatchObject(problem(401, 'TOKEN_INVALID'))
  await trusting.close()
  await betterAuth.close()
})
