import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Claims, sharedSecret } from './fixtures/foreign-issuer.ts'
import { startTargets, type Targets, withClaims, withHeader } from './fixtures/foreign-targets.ts'
import { hmacSigned, keySigned } from './fixtures/forge.ts'
import { pairs, publicJwk } from './fixtures/key-provider.ts'
import { keySetLimits } from './remote-key-set.ts'

const algorithms = ['HS256', 'EdDSA', 'ES256', 'RS256'] as const
const asymmetric = ['EdDSA', 'ES256', 'RS256'] as const
const stranger = pairs.other.privateKey
let its: Targets

beforeAll(async () => {
  its = await startTargets(
    {
      ...Object.fromEntries(algorithms.map((alg) => [alg, { alg }])),
      twins: { alg: 'EdDSA', path: '/twins' },
      neighbour: { alg: 'EdDSA', path: '/neighbour' },
      confused: { alg: 'RS256', algorithms: ['RS256', 'HS256'] },
    },
    { 'default EdDSA': { alg: 'EdDSA', default: true }, 'HS256 beside it': { alg: 'HS256' } },
    { 'default HS256': { alg: 'HS256', default: true }, 'EdDSA beside it': { alg: 'EdDSA' } },
    { dropping: { alg: 'EdDSA', path: '/dropping' } },
  )
})
afterAll(() => its.close())

describe.each(algorithms)('an issuer that signs with %s', (alg) => {
  it('has its tokens refused under the name of every other issuer', async () => {
    for (const other of algorithms.filter((each) => each !== alg)) {
      const { trusted, header } = its.target(other).issuer
      for (const changes of [{}, { header: { kid: header['kid'] } }])
        await its.expectRefused(
          its.target(alg),
          its.target(alg).issuer.signed({ ...changes, claims: { iss: trusted.issuer } }),
        )
    }
  })

  it('has no other algorithm accepted, though its key is published', async () => {
    const { claims } = its.target(alg).issuer
    for (const other of asymmetric.filter((each) => each !== alg)) {
      const token = keySigned(pairs[other].privateKey, { alg: other, kid: other }, claims())
      await its.expectRefused(its.target(alg), token)
    }
    if (alg !== 'HS256')
      await its.expectRefused(its.target(alg), hmacSigned(sharedSecret, { alg: 'HS256' }, claims()))
  })
})

it.each([
  ['HS256', 'HS384', Buffer.from(sharedSecret)],
  ['HS256', 'HS512', Buffer.from(sharedSecret)],
  ['RS256', 'RS512', pairs.RS256.privateKey],
  ['RS256', 'PS256', pairs.RS256.privateKey],
  ['EdDSA', 'Ed25519', pairs.EdDSA.privateKey],
] as const)('no key for %s is used for %s', async (alg, other, key) => {
  const { claims, header } = its.target(alg).issuer
  const token = await new SignJWT(claims()).setProtectedHeader({ ...header, alg: other }).sign(key)
  await its.expectRefused(its.target(alg), token)
})

describe.each(asymmetric)('the public key of an issuer that signs with %s', (alg) => {
  const { publicKey } = pairs[alg]
  const forms: [string, string | Buffer][] = [
    ['PEM', publicKey.export({ type: 'spki', format: 'pem' })],
    ['PEM without its last line break', `${publicKey.export({ type: 'spki', format: 'pem' })}`.trimEnd()],
    ['DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['a JWK', JSON.stringify(publicJwk(alg))],
    ['the published JWK', JSON.stringify(publicJwk(alg, { kid: alg, alg }))],
  ]
  it.each(forms)('is no HMAC secret as %s, also where HS256 is allowed by mistake', async (_form, secret) => {
    for (const name of [alg, 'confused'])
      for (const kid of [alg, undefined]) {
        const { issuer } = its.target(name)
        await its.expectRefused(its.target(name), hmacSigned(secret, { alg: 'HS256', kid }, issuer.claims()))
      }
  })
})

describe('a token without a kid', () => {
  it.each(asymmetric)('is checked by the only key for %s', async (alg) => {
    await its.expectAccepted(its.target(alg), withHeader({ kid: undefined })(its.target(alg).issuer))
  })

  it('is refused where two keys fit', async () => {
    const { issuer } = its.target('twins')
    await its.expectAccepted(its.target('twins'), issuer.signed())
    await its.expectRefused(its.target('twins'), withHeader({ kid: undefined })(issuer))
  })
})

it('takes the secret for the key, whatever kid a token of it names', async () => {
  await its.expectAccepted(its.target('HS256'), withHeader({ kid: 'any' })(its.target('HS256').issuer))
})

it('asks an issuer for its keys once, however many kids are unknown, and never anybody else', async () => {
  const { issuer } = its.target('EdDSA')
  await its.expectAccepted(its.target('EdDSA'), issuer.signed())
  its.target('EdDSA').backend.advanceSeconds(keySetLimits.coolDownSeconds)
  const before = its.keys.requests
  for (const kid of ['unknown', 'ES256', '../jwks', its.keys.strayUrl, '__proto__', 'x'.repeat(256)])
    await its.expectRefused(its.target('EdDSA'), withHeader({ kid })(issuer))
  expect(its.keys.requests).toBe(before + 1)
})

it('tells two issuers apart that have a kid in common', async () => {
  const { issuer } = its.target('neighbour')
  const own = keySigned(stranger, issuer.header, issuer.claims())
  await its.expectAccepted(its.target('neighbour'), own)
  await its.expectRefused(its.target('neighbour'), issuer.signed())
  const borrowed = keySigned(stranger, issuer.header, its.target('EdDSA').issuer.claims())
  await its.expectRefused(its.target('EdDSA'), borrowed)
})

it('believes the tokens of a dropped key no longer than its keys are used unasked, when nobody else calls', async () => {
  const target = its.target('dropping')
  its.keys.publish('/dropping', [publicJwk('EdDSA', { kid: 'EdDSA' })])
  const token = target.issuer.signed()
  await its.expectAccepted(target, token)
  its.keys.publish('/dropping', [publicJwk('other', { kid: 'other' })])
  target.backend.advanceSeconds(keySetLimits.waitedForSeconds)
  await its.expectRefused(target, token)
})

describe('a token without an issuer', () => {
  const withoutIssuer = withClaims({ iss: undefined })

  it.each(algorithms)('is refused where no issuer is the default: %s', async (alg) => {
    await its.expectRefused(its.target(alg), withoutIssuer(its.target(alg).issuer))
  })

  it.each(['EdDSA', 'HS256'] as const)('is the default issuer’s, or refused: %s', async (alg) => {
    const name = `default ${alg}`
    const { issuer } = its.target(name)
    const id = await its.expectAccepted(its.target(name), withoutIssuer(issuer))
    for (const changes of [{ aud: undefined }, { iss: undefined, aud: undefined }, {}])
      expect(await its.expectAccepted(its.target(name), withClaims(changes)(issuer))).toBe(id)
    const attacks: Claims[] = [
      { iss: null },
      { iss: '' },
      { iss: undefined, aud: 'another service' },
      { iss: undefined, aud: null },
      { iss: undefined, aud: [] },
      { iss: undefined, exp: undefined },
      { iss: undefined, aud: undefined, exp: undefined },
      { iss: 'https://attacker.example', aud: undefined },
    ]
    for (const changes of attacks) await its.expectRefused(its.target(name), withClaims(changes)(issuer))
    const nobody = withClaims({ iss: undefined, aud: undefined, sub: undefined })(issuer)
    await its.expectRefused(its.target(name), nobody, 'TOKEN_FORMAT_INVALID')
  })

  it.each(['HS256 beside it', 'EdDSA beside it'])('is not that of another one: %s', async (name) => {
    await its.expectRefused(its.target(name), withoutIssuer(its.target(name).issuer))
    await its.expectRefused(its.target(name), withClaims({ aud: undefined })(its.target(name).issuer))
    await its.expectAccepted(its.target(name), its.target(name).issuer.signed())
  })
})
