import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createTestBackend, type TestBackend } from '../testing.ts'
import {
  type BetterAuthOptions,
  type BetterAuthServer,
  type BetterAuthUser,
  betterAuthSecret,
  startBetterAuth,
} from '../testing-better-auth.ts'
import { recheckForeignSeconds, type TrustedIssuer } from './foreign-tokens.ts'
import { keySetLimits } from './remote-key-set.ts'

function trustIn({ origin, jwksUrl }: BetterAuthServer, { algorithm = 'EdDSA' }: BetterAuthOptions = {}) {
  const keys = algorithm === 'HS256' ? { secret: betterAuthSecret } : { jwksUrl }
  return { issuer: origin, audience: origin, algorithms: [algorithm], ...keys } satisfies TrustedIssuer
}

let users = 0
const profile = () => ({
  email: `Ada.${++users}@Example.com`,
  name: 'Ada',
  password: 'Correct-Horse-1',
  image: 'https://x.test/ada.png',
})

/** A Better Auth of the test's own, and a backend that trusts it. */
async function started() {
  const server = await startBetterAuth()
  onTestFinished(() => server.close())
  const backend = await createTestBackend({ trustedIssuers: [trustIn(server)] })
  onTestFinished(() => backend.close())
  const user = await server.signUp(profile())
  return { server, backend, user, meOf: (token: string) => clientOf(backend, token).auth.me.query() }
}

const clientOf = (backend: TestBackend, token: string) => backend.client(`Bearer ${token}`)

async function expectRefused(backend: TestBackend, token: string, reason = 'TOKEN_INVALID'): Promise<void> {
  backend.log.length = 0
  const client = clientOf(backend, token)
  await Promise.all(
    [client.auth.me.query(), client.tasks.list.query()].map((call) =>
      expect(call).rejects.toMatchObject({ data: { httpStatus: 401, reason } }),
    ),
  )
  const details = { event: 'authentication_failed', reason, ipAddress: '192.0.2.1' }
  expect(backend.log).toEqual([{ level: 'info', message: 'authentication failed', details }])
}

const unavailable = {
  data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503, reason: 'ISSUER_UNAVAILABLE', retryAfterSeconds: 30 },
}

/** Another token of the session: within a second Better Auth makes the same one again. */
async function laterToken(server: BetterAuthServer, user: BetterAuthUser, change?: { name: string }) {
  const first = decodeJwt(user.token).iat
  let token = await server.jwtAgain(user, change)
  await expect
    .poll(
      async () => {
        token = await server.jwtAgain(user)
        return decodeJwt(token).iat
      },
      { timeout: 15_000 },
    )
    .not.toBe(first)
  return token
}

const kinds: [string, BetterAuthOptions][] = [
  ['by default', {}],
  ['with ids that are UUIDs', { ids: 'uuid' }],
  ['with ids that are numbers', { ids: 'serial' }],
  ['with ES256', { algorithm: 'ES256' }],
  ['with RS256', { algorithm: 'RS256' }],
  ['with a shared secret', { algorithm: 'HS256' }],
]

describe('a user of a Better Auth', () => {
  const servers = new Map<string, BetterAuthServer>()
  let backend: TestBackend

  beforeAll(async () => {
    const trustedIssuers: TrustedIssuer[] = []
    for (const [kind, options] of kinds) {
      const server = await startBetterAuth(options)
      servers.set(kind, server)
      trustedIssuers.push(trustIn(server, options))
    }
    backend = await createTestBackend({ trustedIssuers })
  })
  afterAll(async () => {
    await backend.close()
    for (const server of servers.values()) await server.close()
  })

  async function signedUp(kind: string) {
    const server = servers.get(kind) as BetterAuthServer
    const user = await server.signUp(profile())
    return { server, user, client: clientOf(backend, user.token) }
  }

  it.each(kinds)('%s is a user of ours, with an id of ours and the profile of the token', async (kind) => {
    const { user, client } = await signedUp(kind)
    expect(await client.auth.me.query()).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      email: `${decodeJwt(user.token)['email']}`,
      username: null,
      name: 'Ada',
      avatarUrl: 'https://x.test/ada.png',
      emailVerified: false,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      lastLoginAt: null,
    })
  })

  it.each(kinds)('%s is the same with a later token, whose profile counts', async (kind) => {
    const { server, user, client } = await signedUp(kind)
    const first = await client.auth.me.query()
    const later = await laterToken(server, user, { name: 'Countess' })
    const second = await clientOf(backend, later).auth.me.query()
    expect(second).toEqual({ ...first, name: 'Countess', updatedAt: expect.any(Date) })
    expect(await client.auth.me.query()).toEqual(second)
  })

  it.each(kinds)('%s has the tasks of each of its tokens, and nobody else has them', async (kind) => {
    const { server, user, client } = await signedUp(kind)
    const { id, userId } = await client.tasks.create.mutate({ title: 'mine' })
    expect(userId).toBe((await client.auth.me.query()).id)
    const again = await server.jwtAgain(user, { name: 'Countess' })
    expect(again).not.toBe(user.token)
    expect(await clientOf(backend, again).tasks.get.query({ id })).toMatchObject({ title: 'mine', userId })
    for (const other of [(await signedUp(kind)).client, (await backend.signUp()).client])
      await expect(other.tasks.get.query({ id })).rejects.toMatchObject({
        data: { reason: 'TASK_NOT_FOUND' },
      })
  })

  it.each(kinds)('%s is not let in by a cookie or a session token', async (kind) => {
    const { user, client } = await signedUp(kind)
    await expectRefused(backend, user.cookieCacheJwt)
    await expectRefused(backend, user.sessionToken)
    expect(await client.auth.me.query()).toMatchObject({ name: 'Ada' })
  })
})

describe('the cookies of a Better Auth that is the default issuer', () => {
  it.each([
    ['EdDSA', 'TOKEN_INVALID'],
    ['HS256', 'TOKEN_FORMAT_INVALID'],
  ] as const)('let nobody in: %s', async (algorithm, reason) => {
    const server = await startBetterAuth({ algorithm })
    onTestFinished(() => server.close())
    const trusted = { ...trustIn(server, { algorithm }), default: true }
    const backend = await createTestBackend({ trustedIssuers: [trusted] })
    onTestFinished(() => backend.close())
    const user = await server.signUp(profile())
    await expectRefused(backend, user.cookieCacheJwt, reason)
    await expectRefused(backend, user.sessionToken)
    expect(await clientOf(backend, user.token).auth.me.query()).toMatchObject({ name: 'Ada' })
  })
})

describe('two issuers side by side', () => {
  it('have a user each behind the same number, and no word in the name of the other', async () => {
    const servers = [
      await startBetterAuth({ ids: 'serial' }),
      await startBetterAuth({ ids: 'serial' }),
    ] as const
    const backend = await createTestBackend({ trustedIssuers: servers.map((server) => trustIn(server)) })
    onTestFinished(async () => {
      await backend.close()
      for (const server of servers) await server.close()
    })
    const [one, other] = await Promise.all(servers.map((server) => server.signUp(profile())))
    if (!one || !other) throw new Error('There are two servers.')
    expect([one.userId, other.userId]).toEqual(['1', '1'])
    const [first, second] = [clientOf(backend, one.token), clientOf(backend, other.token)]
    const { id } = await first.tasks.create.mutate({ title: 'mine' })
    await expect(second.tasks.get.query({ id })).rejects.toMatchObject({ data: { reason: 'TASK_NOT_FOUND' } })
    expect((await first.auth.me.query()).id).not.toBe((await second.auth.me.query()).id)

    const [header, , signature] = one.token.split('.')
    const renamed = { ...decodeJwt(one.token), iss: servers[1].origin, aud: servers[1].origin }
    const payload = Buffer.from(JSON.stringify(renamed)).toString('base64url')
    await expectRefused(backend, `${header}.${payload}.${signature}`)
  })
})

it('costs nothing but its own statement and no fetch, from the second call on', async () => {
  const { server, backend, user, meOf } = await started()
  await meOf(user.token)
  expect(server.requests).toBe(1)
  backend.statements.length = 0
  for (let call = 0; call < 5; call++) await meOf(user.token)
  expect(backend.statements).toHaveLength(5)
  for (const statement of backend.statements) expect(statement).toMatch(/^select .* from "users"/)
  expect(server.requests).toBe(1)
})

describe('a rotation of the keys', () => {
  it('is noticed by its first token with one fetch, and leaves the tokens of the old key good', async () => {
    const { server, backend, user, meOf } = await started()
    const { id } = await meOf(user.token)
    server.rotateKeys({ keepOld: true })
    const rotated = await server.jwtAgain(user)
    backend.advanceSeconds(keySetLimits.coolDownSeconds)
    for (const token of [rotated, user.token, rotated]) expect(await meOf(token)).toMatchObject({ id })
    expect(server.requests).toBe(2)
    backend.advanceSeconds(recheckForeignSeconds - 40)
    const other = await server.signUp(profile())
    expect(await meOf(other.token)).toMatchObject({ name: 'Ada' })
    backend.advanceSeconds(10)
    for (const token of [rotated, user.token]) expect(await meOf(token)).toMatchObject({ id })
    expect(server.requests).toBe(2)
  })

  it('that drops the old key ends its tokens when they are looked at again', async () => {
    const { server, backend, user, meOf } = await started()
    await meOf(user.token)
    server.rotateKeys({ keepOld: false })
    const rotated = await server.jwtAgain(user)
    backend.advanceSeconds(keySetLimits.coolDownSeconds)
    await meOf(rotated)
    backend.advanceSeconds(recheckForeignSeconds - 2 * keySetLimits.coolDownSeconds)
    expect(await meOf(user.token)).toMatchObject({ name: 'Ada' })
    backend.advanceSeconds(keySetLimits.coolDownSeconds)
    await expectRefused(backend, user.token)
    expect(await meOf(rotated)).toMatchObject({ name: 'Ada' })
  })
})

describe('an outage of the issuer', () => {
  it('leaves known keys and remembered tokens good, and makes no key known', async () => {
    const { server, backend, user, meOf } = await started()
    const other = await server.signUp(profile())
    const { id } = await meOf(user.token)
    server.rotateKeys({ keepOld: true })
    const rotated = await server.jwtAgain(user)
    server.stopAnswering()
    backend.advanceSeconds(keySetLimits.coolDownSeconds)
    backend.log.length = 0
    await expect(meOf(rotated)).rejects.toMatchObject({ data: { httpStatus: 401, reason: 'TOKEN_INVALID' } })
    expect(backend.log.map(({ details }) => details['event'])).toEqual([
      'key_set_failed',
      'authentication_failed',
    ])
    for (let call = 0; call < 3; call++) await expectRefused(backend, rotated)
    expect(await meOf(user.token)).toMatchObject({ id })
    expect(await meOf(other.token)).toMatchObject({ name: 'Ada' })
    expect(server.requests).toBe(2)
    backend.advanceSeconds(recheckForeignSeconds)
    for (const token of [user.token, other.token]) expect(await meOf(token)).toMatchObject({ name: 'Ada' })
  })

  it('before anything is known is unavailability, for every token, until it is over', async () => {
    const { server, backend, user, meOf } = await started()
    server.rotateKeys({ keepOld: true })
    const rotated = await server.jwtAgain(user)
    server.stopAnswering()
    for (const token of [user.token, rotated]) await expect(meOf(token)).rejects.toMatchObject(unavailable)
    const events = backend.log.map(({ details }) => [details['event'], details['reason']])
    expect(events).toEqual([
      ['key_set_failed', expect.any(String)],
      ['authentication_failed', 'ISSUER_UNAVAILABLE'],
      ['authentication_failed', 'ISSUER_UNAVAILABLE'],
    ])
    expect(server.requests).toBe(1)
    backend.advanceSeconds(keySetLimits.coolDownSeconds)
    await expect(meOf(user.token)).rejects.toMatchObject(unavailable)
    server.answerAgain()
    await expect(meOf(user.token)).rejects.toMatchObject(unavailable)
    backend.advanceSeconds(keySetLimits.coolDownSeconds)
    for (const token of [user.token, rotated]) expect(await meOf(token)).toMatchObject({ name: 'Ada' })
    expect(server.requests).toBe(3)
  })

  it('of one issuer is none of the others', async () => {
    const servers = [await startBetterAuth(), await startBetterAuth()] as const
    const backend = await createTestBackend({ trustedIssuers: servers.map((server) => trustIn(server)) })
    onTestFinished(async () => {
      await backend.close()
      for (const server of servers) await server.close()
    })
    const [away, there] = [await servers[0].signUp(profile()), await servers[1].signUp(profile())]
    servers[0].stopAnswering()
    await expect(clientOf(backend, away.token).auth.me.query()).rejects.toMatchObject(unavailable)
    expect(await clientOf(backend, there.token).auth.me.query()).toMatchObject({ name: 'Ada' })
  })
})
