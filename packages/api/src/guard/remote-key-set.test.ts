import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { compactVerify } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { good, hangUp, json, pairs, publicJwk, startKeyProvider } from './fixtures/key-provider.ts'
import { KeySetUnavailableError, keySetLimits } from './remote-key-set.ts'

function signedWith(privateKey: KeyObject, alg: string): string {
  const text = `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.e30`
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return `${text}.${sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(text), key).toString('base64url')}`
}

describe('which key', () => {
  it.each(['EdDSA', 'ES256', 'RS256'] as const)('finds the key that verifies %s', async (alg) => {
    const keys = (['EdDSA', 'ES256', 'RS256'] as const).map((pair) => publicJwk(pair, { kid: 'k' }))
    const { find } = await startKeyProvider({ answer: json({ keys }) })
    const key = await find('k', alg)
    if (!key) throw new Error('no key')
    expect(key.type).toBe('public')
    expect((await compactVerify(signedWith(pairs[alg].privateKey, alg), key)).protectedHeader).toEqual({
      alg,
    })
  })

  it('finds a key without a kid only when it is the only one that fits', async () => {
    const keys = [good, publicJwk('other'), publicJwk('ES256', { kid: 'c' }), publicJwk('RS256')]
    const { find } = await startKeyProvider({ answer: json({ keys }) })
    expect(await find(undefined, 'ES256')).toBeDefined()
    expect(await find(undefined, 'RS256')).toBeDefined()
    expect(await find(undefined, 'EdDSA')).toBeUndefined()
    expect(await find('c', 'RS256')).toBeUndefined()
  })

  it('finds no key where two of one algorithm have the kid', async () => {
    const keys = [good, publicJwk('other', { kid: 'good' }), publicJwk('ES256', { kid: 'good' })]
    const { find } = await startKeyProvider({ answer: json({ keys }) })
    expect(await find('good')).toBeUndefined()
    expect(await find('good', 'ES256')).toBeDefined()
  })

  it('asks nothing for an algorithm that the issuer may not use', async () => {
    const its = await startKeyProvider({
      algorithms: ['ES256'],
      answer: json({ keys: [good, publicJwk('ES256')] }),
    })
    for (const alg of ['EdDSA', 'HS256', 'none', 'toString'])
      expect(await its.find('good', alg)).toBeUndefined()
    expect(its.requests).toBe(0)
    expect(await its.find(undefined, 'ES256')).toBeDefined()
  })

  it.each([
    ['has all its marks', publicJwk('other', { use: 'sig', key_ops: ['verify'], alg: 'EdDSA', ext: true })],
    ['has members that are not known', publicJwk('other', { x5c: ['AAAA'], nbf: 1 })],
  ])('uses a key that %s', async (_what, jwk) => {
    const { find } = await startKeyProvider({ answer: json({ keys: [{ ...jwk, kid: 'this' }] }) })
    expect(await find('this')).toBeDefined()
  })

  const algorithms = ['EdDSA', 'ES256', 'RS256', 'HS256']
  it.each([
    ['is private', pairs.other.privateKey.export({ format: 'jwk' })],
    ['is private and of RSA', pairs.RS256.privateKey.export({ format: 'jwk' })],
    ['is a secret', { kty: 'oct', k: 'AAAA', alg: 'HS256' }],
    ['has a private member of null', publicJwk('other', { d: null })],
    ['is for encryption', publicJwk('other', { use: 'enc' })],
    ['may only sign', publicJwk('other', { key_ops: ['sign'] })],
    ['has operations that are no list', publicJwk('other', { key_ops: 'verify' })],
    ['is for another algorithm', publicJwk('RS256', { alg: 'RS512' })],
    ['is for the algorithm of another type', publicJwk('ES256', { alg: 'EdDSA' })],
    ['is on another curve', generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' })],
    ['is for agreement', generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })],
    ['is on another EC curve', jwkOfCurve('P-384')],
    ['is of RSA with 1024 bits', jwkOfBits(1024)],
    ['is off its curve', publicJwk('ES256', { x: publicJwk('ES256').y })],
    ['has a short x', publicJwk('other', { x: 'AAAA' })],
    ['has no x', { kty: 'OKP', crv: 'Ed25519' }],
    ['has no modulus', { kty: 'RSA', e: 'AQAB' }],
    ['has no type', publicJwk('other', { kty: undefined })],
  ])('leaves out a key that %s, and that key alone', async (_what, jwk) => {
    const { find } = await startKeyProvider({
      algorithms,
      answer: json({ keys: [null, 1, 'key', [], {}, { ...jwk, kid: 'bad' }, good] }),
    })
    for (const alg of algorithms) expect(await find('bad', alg)).toBeUndefined()
    expect(await find('good')).toBeDefined()
  })

  it.each([1, null, '', 'k'.repeat(257), ['k']])('leaves out a key with the kid %j', async (kid) => {
    const { find } = await startKeyProvider({ answer: json({ keys: [publicJwk('ES256', { kid }), good] }) })
    expect(await find(undefined, 'ES256')).toBeUndefined()
    expect(await find('good')).toBeDefined()
  })

  it('tells the log of private keys, without a word of them', async () => {
    const jwk = { ...pairs.other.privateKey.export({ format: 'jwk' }), kid: 'bad' }
    const its = await startKeyProvider({ answer: json({ keys: [jwk, good] }) })
    await its.find('good')
    expect(its.log).toEqual([
      {
        level: 'warn',
        message: 'private keys are published: not used',
        details: { event: 'key_set_private', url: its.place, privateKeys: 1 },
      },
    ])
  })
})

function jwkOfCurve(namedCurve: string) {
  return generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
}

function jwkOfBits(modulusLength: number) {
  return generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' })
}

const padded = (bytes: number) => {
  const text = JSON.stringify({ keys: [good] })
  return text + ' '.repeat(bytes - text.length)
}
const text =
  (body: string): RequestListener =>
  (_req, res) =>
    void res.end(body)
const manyKeys = (count: number) => ({ keys: [good, ...Array.from({ length: count - 1 }, () => ({}))] })

describe('what it takes for an answer', () => {
  it('asks plainly for JSON', async () => {
    const asked: unknown[] = []
    const answer: RequestListener = (req, res) => {
      asked.push([req.method, req.url, req.headers.accept, req.headers.authorization, req.headers.cookie])
      json({ keys: [good] })(req, res)
    }
    const { find } = await startKeyProvider({ answer, query: '?a=1' })
    await find('good')
    expect(asked).toEqual([['GET', '/jwks?a=1', 'application/json', undefined, undefined]])
  })

  it.each([
    ['256 KiB', text(padded(256 * 1024))],
    ['100 keys', json(manyKeys(100))],
  ])('takes %s', async (_what, answer) => {
    const { find } = await startKeyProvider({ answer })
    expect(await find('good')).toBeDefined()
  })

  const endless: RequestListener = (_req, res) => {
    const more = (error?: Error | null) => void (error || res.write(' '.repeat(65_536), more))
    more()
  }
  const bomb: RequestListener = (_req, res) => {
    const body = gzipSync(padded(20 * 1024 * 1024))
    expect(body.length).toBeLessThan(keySetLimits.answerBytesMax)
    res.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
  }
  const elsewhere: RequestListener = (req, res) =>
    req.url?.startsWith('/jwks')
      ? void res.writeHead(302, { location: '/moved' }).end()
      : json({ keys: [good] })(req, res)
  const status =
    (code: number): RequestListener =>
    (req, res) => {
      res.statusCode = code
      json({ keys: [good] })(req, res)
    }

  it.each([
    ['more than 256 KiB', text(padded(256 * 1024 + 1)), 'over 262144 bytes'],
    ['an answer without an end', endless, 'over 262144 bytes'],
    ['a small answer that unpacks to 20 MiB', bomb, 'over 262144 bytes'],
    ['101 keys', json(manyKeys(101)), 'no array "keys" of at most 100'],
    ['keys that are no list', json({ keys: { 0: good } }), 'no array "keys" of at most 100'],
    ['a list without a name', json([good]), 'no array "keys" of at most 100'],
    ['null', json(null), 'no array "keys" of at most 100'],
    ['a web page', text('<!doctype html>'), 'not JSON'],
    ['nothing', text(''), 'not JSON'],
    ['a redirect', elsewhere, 'no usable answer'],
    ['status 201', status(201), 'status 201'],
    ['status 404', status(404), 'status 404'],
    ['status 503', status(503), 'status 503'],
    ['no answer', hangUp, expect.stringMatching(/^(UND_ERR_SOCKET|ECONNRESET)$/)],
  ])('refuses %s, once in a cool-down, with one line in the log', async (_what, answer, reason) => {
    const its = await startKeyProvider({ answer, query: '?token=confidential' })
    await expect(its.find('good')).rejects.toThrow(KeySetUnavailableError)
    await expect(its.find('good')).rejects.toThrow(KeySetUnavailableError)
    expect(its.requests).toBe(1)
    expect(its.log).toEqual([
      {
        level: 'warn',
        message: 'keys could not be fetched',
        details: { event: 'key_set_failed', url: its.place, reason },
      },
    ])
  })

  it('waits 5 s for the end of an answer, also when memory is tidied meanwhile', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage: () => void = runInNewContext('gc')
    const collecting = setInterval(collectGarbage, 500)
    onTestFinished(() => clearInterval(collecting))
    const hang: RequestListener = (_req, res) => void res.write('{"keys":')
    const drip: RequestListener = (_req, res) => {
      const dripping = setInterval(() => res.write(' '), 200)
      res.on('close', () => clearInterval(dripping))
    }
    const startedAt = performance.now()
    const silent: RequestListener = () => {}
    await Promise.all(
      [silent, hang, drip].map(async (answer) => {
        const its = await startKeyProvider({ answer })
        await expect(its.find('good')).rejects.toThrow(KeySetUnavailableError)
        expect(its.log.map(({ details }) => details['reason'])).toEqual(['no whole answer in 5 s'])
      }),
    )
    expect(performance.now() - startedAt).toBeGreaterThan(4900)
  })
})
