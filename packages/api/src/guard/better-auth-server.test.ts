import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type BetterAuthServer,
  type BetterAuthUser,
  betterAuthSecret,
  startBetterAuth,
} from '../testing-better-auth.ts'

const profile = {
  email: 'Ada@Example.com',
  name: 'Ada',
  password: 'Correct-Horse-1',
  image: 'https://x.test/a',
}
const cookieAudience = 'better-auth:session-cache'
const cookieType = 'better-auth.session-cache+jwt'

const Keys = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string(), alg: z.string() })) })

async function keysOf(server: BetterAuthServer) {
  const res = await fetch(server.jwksUrl)
  return Keys.parse(await res.json())
}

function started(options?: Parameters<typeof startBetterAuth>[0]) {
  const its = {} as { server: BetterAuthServer; user: BetterAuthUser }
  beforeAll(async () => {
    its.server = await startBetterAuth(options)
    its.user = await its.server.signUp(profile)
  })
  afterAll(() => its.server.close())
  return its
}

describe('by default', () => {
  const its = started()

  it('signs a JWT with a header of alg and kid alone', () => {
    expect(decodeProtectedHeader(its.user.token)).toStrictEqual({
      alg: 'EdDSA',
      kid: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
    })
  })

  it('puts the whole user into the JWT, for its base URL, for 15 minutes', () => {
    const claims = decodeJwt(its.user.token)
    const iat = z.int().parse(claims.iat)
    expect(claims).toStrictEqual({
      sub: its.user.userId,
      id: its.user.userId,
      email: 'ada@example.com',
      emailVerified: false,
      name: 'Ada',
      image: 'https://x.test/a',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      iat,
      exp: iat + 15 * 60,
      iss: its.server.origin,
      aud: its.server.origin,
    })
    expect(its.user.userId).toMatch(/^[A-Za-z0-9]{32}$/)
  })

  it('publishes its key without a use, under the kid of the JWT', async () => {
    const { keys } = await keysOf(its.server)
    expect(keys).toStrictEqual([
      {
        kid: decodeProtectedHeader(its.user.token).kid,
        kty: 'OKP',
        crv: 'Ed25519',
        alg: 'EdDSA',
        x: expect.any(String),
      },
    ])
  })

  it('signs a cookie with the same key and subject, which differs by its audience and its typ', async () => {
    const keys = createLocalJWKSet(await keysOf(its.server))
    const cookie = await jwtVerify(its.user.cookieCacheJwt, keys)
    const token = await jwtVerify(its.user.token, keys)
    expect(cookie.protectedHeader).toStrictEqual({ ...token.protectedHeader, typ: cookieType })
    expect(cookie.payload).toMatchObject({
      iss: token.payload.iss,
      sub: token.payload.sub,
      aud: cookieAudience,
    })
    expect(Object.keys(cookie.payload).sort()).toStrictEqual(
      ['aud', 'exp', 'iat', 'iss', 'session', 'sid', 'sub', 'updatedAt', 'user', 'version'].sort(),
    )
  })

  it('gives a session token of two parts', () => {
    expect(its.user.sessionToken).toMatch(/^[A-Za-z0-9]{32}\.[A-Za-z0-9+/]{43}=$/)
  })

  it('makes another JWT for the session, with the profile as it is now', async () => {
    const token = await its.server.jwtAgain(its.user, { name: 'Countess' })
    expect(decodeJwt(token)).toMatchObject({ sub: its.user.userId, name: 'Countess' })
  })
})

it.each([
  ['uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ['serial', /^\d+$/],
] as const)('names users and keys by %s when it is told to', async (ids, form) => {
  const server = await startBetterAuth({ ids })
  try {
    const user = await server.signUp(profile)
    expect(user.userId).toMatch(form)
    expect(decodeJwt(user.token).sub).toBe(user.userId)
    expect(decodeProtectedHeader(user.token)).toStrictEqual({
      alg: 'EdDSA',
      kid: expect.stringMatching(form),
    })
  } finally {
    await server.close()
  }
})

it.each(['ES256', 'RS256'] as const)('signs with %s when it is told to', async (algorithm) => {
  const server = await startBetterAuth({ algorithm })
  try {
    const { token, cookieCacheJwt } = await server.signUp(profile)
    const keys = createLocalJWKSet(await keysOf(server))
    const { protectedHeader } = await jwtVerify(token, keys, { issuer: server.origin })
    expect(protectedHeader).toStrictEqual({ alg: algorithm, kid: expect.any(String) })
    const cookie = await jwtVerify(cookieCacheJwt, keys, { audience: cookieAudience })
    expect(cookie.protectedHeader).toStrictEqual({ ...protectedHeader, typ: cookieType })
  } finally {
    await server.close()
  }
})

describe('with a shared secret', () => {
  const its = started({ algorithm: 'HS256' })
  const secret = new TextEncoder().encode(betterAuthSecret)

  it('has its payload signed in its hook, and publishes no keys', async () => {
    const { payload, protectedHeader } = await jwtVerify(its.user.token, secret)
    expect(protectedHeader).toStrictEqual({ alg: 'HS256' })
    expect(payload).toMatchObject({
      sub: its.user.userId,
      iss: its.server.origin,
      aud: its.server.origin,
      exp: Number(payload.iat) + 15 * 60,
      email: 'ada@example.com',
    })
    expect((await fetch(its.server.jwksUrl)).status).toBe(404)
  })

  it('signs its cookie with its secret, without issuer, audience, subject or typ', async () => {
    const { payload, protectedHeader } = await jwtVerify(its.user.cookieCacheJwt, secret)
    expect(protectedHeader).toStrictEqual({ alg: 'HS256' })
    expect(Object.keys(payload).sort()).toStrictEqual(
      ['exp', 'iat', 'session', 'updatedAt', 'user', 'version'].sort(),
    )
  })
})

describe('over time', () => {
  const its = started()
  const kidOf = (token: string) => decodeProtectedHeader(token).kid
  const kidsOf = async () => (await keysOf(its.server)).keys.map(({ kid }) => kid)

  it('publishes the old key beside the new one after a rotation, and drops it later', async () => {
    const first = kidOf(its.user.token)
    its.server.rotateKeys({ keepOld: true })
    const second = kidOf(await its.server.jwtAgain(its.user))
    expect(second).not.toBe(first)
    expect(await kidsOf()).toStrictEqual([first, second])

    its.server.rotateKeys({ keepOld: false })
    expect(await kidsOf()).toStrictEqual([])
    const third = kidOf(await its.server.jwtAgain(its.user))
    expect(await kidsOf()).toStrictEqual([third])

    its.server.rotateKeys({ keepOld: true })
    const fourth = kidOf(await its.server.jwtAgain(its.user))
    expect(await kidsOf()).toStrictEqual([third, fourth])
  })

  it('counts every request for its keys, answered or not', async () => {
    const before = its.server.requests
    await kidsOf()
    its.server.stopAnswering()
    await expect(fetch(its.server.jwksUrl)).rejects.toThrow('fetch failed')
    its.server.answerAgain()
    await kidsOf()
    expect(its.server.requests).toBe(before + 3)
  })
})
