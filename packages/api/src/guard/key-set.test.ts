import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { createLocalJWKSet, decodeProtectedHeader, type JWK, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCaller } from '../app-router.ts'
import { createContext } from '../context.ts'
import { createDependencies, type Settings } from '../dependencies.ts'
import { createTestBackend, type TestBackend, testSettings } from '../testing.ts'
import { recheckSeconds } from './guard.ts'
import {
  createKeySet,
  createSecretKeys,
  type PrivateJwk,
  publishedBeforeSigningSeconds,
} from './signing-keys.ts'

const make = {
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
}
const jwkOf = (key: KeyObject): JsonWebKey => key.export({ format: 'jwk' })
const newKey = (kid: string, iat?: number, alg: PrivateJwk['alg'] = 'EdDSA'): PrivateJwk => ({
  ...jwkOf(make[alg]()),
  kid,
  alg,
  ...(iat !== undefined && { iat }),
})

/** A key set with a clock of its own, and what signs at a time. */
function timed(keys: PrivateJwk[]) {
  const clock = { seconds: 0 }
  const keySet = createKeySet({ keys, algorithm: 'EdDSA', now: () => new Date(clock.seconds * 1000) })
  const signerAt = (seconds: number) => {
    clock.seconds = seconds
    return keySet.signing().header.kid
  }
  return { keySet, signerAt }
}

describe('the key that signs', () => {
  const published = 1_800_000_000
  const ripe = published + publishedBeforeSigningSeconds

  it('is the newest that has been published for ten minutes', () => {
    const { signerAt } = timed([newKey('new', published), newKey('old', published - 1000)])
    expect(publishedBeforeSigningSeconds).toBe(600)
    expect([published, ripe - 0.001, ripe, ripe + 1e9].map(signerAt)).toEqual(['old', 'old', 'new', 'new'])
  })

  it('is the oldest while none has been published so long', () => {
    const { signerAt } = timed([newKey('new', published + 5), newKey('old', published)])
    expect([published - 1000, published, ripe - 1, ripe, ripe + 5].map(signerAt)).toEqual([
      'old',
      'old',
      'old',
      'old',
      'new',
    ])
  })

  it('is no key that says no time, beside one that does', () => {
    const { signerAt } = timed([newKey('new', published), newKey('undated')])
    expect([published, ripe].map(signerAt)).toEqual(['undated', 'new'])
  })

  it('is of the algorithm that was chosen, however new the others are', () => {
    const { signerAt } = timed([newKey('signs', 1), newKey('other', published, 'ES256')])
    expect(signerAt(published + 1e9)).toBe('signs')
  })

  it('is chosen anew from a set that replaces it', () => {
    const { keySet, signerAt } = timed([newKey('old', 1)])
    keySet.replace([newKey('old', 1), newKey('new', published)])
    expect([published, ripe].map(signerAt)).toEqual(['old', 'new'])
    keySet.replace([newKey('last', published)])
    expect(signerAt(ripe)).toBe('last')
    expect(keySet.find({ alg: 'EdDSA', kid: 'old' })).toBeUndefined()
  })
})

describe('the public keys', () => {
  it('are those of the whole set, also of a key that signs not yet, and nothing private', () => {
    const keys = [newKey('a', 1), newKey('b', 2, 'ES256'), newKey('c', 3, 'RS256'), newKey('d', 1e12)]
    const { keySet, signerAt } = timed(keys)
    expect(signerAt(1e9)).toBe('a')
    const text = expect.stringMatching(/^[\w-]{43}$/)
    const okp = { kty: 'OKP', crv: 'Ed25519', x: text, alg: 'EdDSA', use: 'sig' }
    expect(keySet.publicKeys()).toEqual([
      { ...okp, kid: 'a' },
      { kty: 'EC', crv: 'P-256', x: text, y: text, kid: 'b', alg: 'ES256', use: 'sig' },
      { kty: 'RSA', n: expect.stringMatching(/^[\w-]{342}$/), e: 'AQAB', kid: 'c', alg: 'RS256', use: 'sig' },
      { ...okp, kid: 'd' },
    ])
    expect(keySet.publicKeys().map(({ x }) => x)).toEqual(keys.map(({ x }) => x))
    const published = JSON.stringify(keySet.publicKeys())
    for (const { d = '' } of keys) expect(published).not.toContain(d)
  })

  it('are none with a secret, which has no set to replace', () => {
    const secret = createSecretKeys(['a secret'])
    expect(secret.publicKeys()).toEqual([])
    expect(() => secret.replace([newKey('a')])).toThrow('A secret has no key set.')
  })
})

describe('a set that cannot be used', () => {
  const good = newKey('good')
  const es256 = jwkOf(make.ES256())
  const rs256 = jwkOf(make.RS256())
  const bad = (jwk: JsonWebKey, alg: PrivateJwk['alg'] = 'EdDSA'): PrivateJwk => ({ ...jwk, kid: 'bad', alg })
  const { d: _d, ...publicOnly } = good
  const rows: [string, PrivateJwk, string][] = [
    ['a public key', bad(publicOnly), 'is no private key'],
    ['a private part of another length', bad({ ...good, d: 'AAAA' }), 'is no private key'],
    ['a type that is not known', bad({ ...good, kty: 'XYZ' }), 'is no private key'],
    ['a secret', bad({ kty: 'oct', k: 'c2VjcmV0' }), 'is no private key'],
    ['a key of another type than its alg', bad(es256, 'EdDSA'), 'does not fit EdDSA'],
    ['another type than its alg, RSA', bad(rs256, 'ES256'), 'does not fit ES256'],
    ['another type than its alg, Ed25519', bad(good, 'RS256'), 'does not fit RS256'],
    [
      'an RSA key of 1024 bits',
      bad(jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), 'RS256'),
      'does not fit RS256',
    ],
    [
      'an EC key on another curve',
      bad(jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), 'ES256'),
      'does not fit ES256',
    ],
    ['Ed448', bad(jwkOf(generateKeyPairSync('ed448').privateKey)), 'does not fit EdDSA'],
    [
      'the halves of two EC keys',
      bad({ ...es256, ...pick(jwkOf(make.ES256()), 'x', 'y') }, 'ES256'),
      'is put together from two keys',
    ],
    [
      'the halves of two RSA keys',
      bad({ ...rs256, ...pick(jwkOf(make.RS256()), 'n') }, 'RS256'),
      'is put together from two keys',
    ],
  ]
  const refused = (keys: PrivateJwk[]) => () =>
    createKeySet({ keys, algorithm: 'EdDSA', now: () => new Date() })

  it.each(rows)('is refused for %s, by its name', (_what, key, problem) => {
    const make = refused([good, key])
    expect(make).toThrow(`The key "bad" of the key set ${problem}.`)
    for (const member of ['d', 'p', 'k'] as const) {
      const value = key[member]
      if (value !== undefined) expect(make).not.toThrow(String(value))
    }
  })

  it.each([
    ['two keys of one kid', [good, newKey('other'), newKey('good')], 'have the same kid. It is "good".'],
    ['no key of the algorithm', [newKey('a', 1, 'ES256')], 'The key set has no key for EdDSA.'],
    ['no key at all', [], 'The key set has no key for EdDSA.'],
  ])('is refused for %s', (_what, keys, problem) => {
    expect(refused(keys)).toThrow(problem)
  })

  it.each(rows)('replaces nothing: %s', (_what, key) => {
    const { keySet, signerAt } = timed([good])
    expect(() => keySet.replace([newKey('other', 1), key])).toThrow('The key "bad"')
    expect(signerAt(1e9)).toBe('good')
    expect(keySet.publicKeys()).toHaveLength(1)
  })
})

function pick(jwk: JsonWebKey, ...members: (keyof JsonWebKey)[]): JsonWebKey {
  return Object.fromEntries(members.map((member) => [member, jwk[member]]))
}

const jwtKeySet: Settings['jwtKeySet'] = { algorithm: 'EdDSA', keys: [newKey('first', 1)] }
const settings = { ...testSettings, jwtKeySet }
let backend: TestBackend
let atOther: (token: string) => ReturnType<typeof createCaller>

beforeAll(async () => {
  backend = await createTestBackend(settings)
  const { log, now } = backend.dependencies
  const { db } = backend.database
  /** Another process, which has the same set at first, and a guard that has seen no token. */
  atOther = (token) => {
    const dependencies = createDependencies({ db, log, now, settings })
    dependencies.signingKeys.replace(inUse)
    return createCaller(createContext(dependencies, { authorization: [`Bearer ${token}`] }))
  }
})
afterAll(() => backend.close())

let inUse: PrivateJwk[] = []
function replace(keys: PrivateJwk[]): void {
  backend.dependencies.signingKeys.replace(keys)
  inUse = keys
}

const meOf = (token: string) => backend.client(`Bearer ${token}`).auth.me.query()
const meAtOther = (token: string) => atOther(token).auth.me()
const refresh = (refreshToken: string) => backend.client().auth.refresh.mutate({ refreshToken })
async function logIn({ email, password }: { email: string; password: string }): Promise<string> {
  return (await backend.client().auth.logIn.mutate({ usernameOrEmail: email, password })).accessToken
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid
const refusal = { data: { httpStatus: 401, reason: 'TOKEN_INVALID' } }

describe('tokens', () => {
  it('of every key in the set are good, at every process', async () => {
    const keys = [newKey('a', 1), newKey('b', 2), newKey('c', 3)]
    replace(keys.slice(0, 1))
    const user = await backend.signUp()
    const tokens = [user.signedIn.accessToken]
    for (const count of [2, 3]) {
      replace(keys.slice(0, count))
      tokens.push(await logIn(user))
    }
    expect(tokens.map(kidOf)).toEqual(['a', 'b', 'c'])
    replace([...keys].reverse())
    for (const look of [meOf, meAtOther])
      for (const token of tokens) expect(await look(token)).toMatchObject({ email: user.email })
  })

  it('of another algorithm in the set are good', async () => {
    const keys = [newKey('new', 1), newKey('old', 1, 'ES256')]
    replace(keys)
    const user = await backend.signUp()
    const { log, now } = backend.dependencies
    const dependencies = createDependencies({
      ...{ db: backend.database.db, log, now },
      settings: { ...testSettings, jwtKeySet: { algorithm: 'ES256', keys } },
    })
    const caller = createCaller(createContext(dependencies, {}))
    const { accessToken } = await caller.auth.logIn({ usernameOrEmail: user.email, password: user.password })
    expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'ES256', kid: 'old', typ: 'at+jwt' })
    expect(await meOf(accessToken)).toMatchObject({ email: user.email })
  })

  it('of a removed key are refused within a minute where they are remembered, and at once elsewhere', async () => {
    replace([newKey('gone', 1)])
    const user = await backend.signUp()
    const { accessToken, refreshToken } = user.signedIn
    const unused = await logIn(user)
    expect(await meOf(accessToken)).toMatchObject({ email: user.email })
    replace([newKey('kept', 1)])
    await expect(meAtOther(accessToken)).rejects.toMatchObject({ reason: 'TOKEN_INVALID' })
    backend.advanceSeconds(recheckSeconds)
    expect(recheckSeconds).toBe(60)
    for (const token of [accessToken, unused, accessToken])
      await expect(meOf(token)).rejects.toMatchObject(refusal)
    const renewed = await refresh(refreshToken)
    expect(kidOf(renewed.accessToken)).toBe('kept')
    expect(await meOf(renewed.accessToken)).toMatchObject({ email: user.email })
  })

  it('of a key that comes back under its kid with other material are refused', async () => {
    replace([newKey('a', 1)])
    const user = await backend.signUp()
    replace([newKey('a', 1)])
    await expect(meAtOther(user.signedIn.accessToken)).rejects.toMatchObject({ reason: 'TOKEN_INVALID' })
    backend.advanceSeconds(recheckSeconds)
    await expect(meOf(user.signedIn.accessToken)).rejects.toMatchObject(refusal)
  })

  it('can be checked by whoever has the public keys', async () => {
    replace([newKey('a', 1), newKey('b', backend.dependencies.now().getTime() / 1000)])
    const { accessToken } = (await backend.signUp()).signedIn
    const keys = createLocalJWKSet({ keys: backend.dependencies.signingKeys.publicKeys() as JWK[] })
    const { protectedHeader } = await jwtVerify(accessToken, keys, {
      issuer: 'tasklane',
      audience: 'tasklane',
    })
    expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: 'a', typ: 'at+jwt' })
  })
})

it('signs nobody out in five rotations', async () => {
  replace([newKey('key 0', 1)])
  const user = await backend.signUp()
  let tokens: { accessToken: string; refreshToken: string } = user.signedIn
  const callAndAdvance = async (seconds: number) => {
    for (const look of [meOf, meAtOther])
      expect(await look(tokens.accessToken)).toMatchObject({ email: user.email })
    backend.advanceSeconds(seconds)
    for (const look of [meOf, meAtOther])
      expect(await look(tokens.accessToken)).toMatchObject({ email: user.email })
  }
  for (let rotation = 1; rotation <= 5; rotation++) {
    // The key that signed until now stays as long as its tokens live.
    replace([...inUse.slice(-1), newKey(`key ${rotation}`, backend.dependencies.now().getTime() / 1000)])
    await callAndAdvance(publishedBeforeSigningSeconds)
    expect(kidOf(tokens.accessToken)).toBe(`key ${rotation - 1}`)
    tokens = await refresh(tokens.refreshToken)
    expect(kidOf(tokens.accessToken)).toBe(`key ${rotation}`)
    await callAndAdvance(testSettings.accessTokenTtlSeconds - 60)
    tokens = await refresh(tokens.refreshToken)
  }
})
