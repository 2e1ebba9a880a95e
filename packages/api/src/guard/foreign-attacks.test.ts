import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCaller } from '../app-router.ts'
import { createContext } from '../context.ts'
import { createDependencies } from '../dependencies.ts'
import { testSettings } from '../testing.ts'
import type { ForeignIssuer } from './fixtures/foreign-issuer.ts'
import { startTargets, type Targets, withClaims, withHeader } from './fixtures/foreign-targets.ts'
import { hmacSigned, keySigned, respellings, unsigned } from './fixtures/forge.ts'
import { pairs, publicJwk } from './fixtures/key-provider.ts'

type Attack = [name: string, token: (issuer: ForeignIssuer) => string, reason?: string]
type Variant = [name: string, token: (issuer: ForeignIssuer) => string]

const algorithms = ['HS256', 'EdDSA', 'ES256', 'RS256'] as const
let its: Targets

beforeAll(async () => {
  its = await startTargets(Object.fromEntries(algorithms.map((alg) => [alg, { alg }])))
})
afterAll(() => its.close())

const nowSeconds = () => Math.floor(Date.now() / 1000)
/** The claims as JSON, which can say more than an object. */
const withText =
  (change: (text: string) => string) =>
  ({ header, sign, claims }: ForeignIssuer) =>
    sign(header, change(JSON.stringify(claims())))
const replaced = (claim: string, json: string) =>
  withText((text) => text.replace(new RegExp(`"${claim}":(?:"[^"]*"|\\d+)`), `"${claim}":${json}`))
const duplicated = (claim: string, json: string) => withText((text) => `{"${claim}":${json},${text.slice(1)}`)
const stranger = pairs.other.privateKey

const attacks: Attack[] = [
  ...['none', 'None', 'NONE'].flatMap((alg): Attack[] => [
    [`alg ${alg}`, ({ header, claims }) => unsigned({ ...header, alg }, claims())],
    [
      `alg ${alg} with a good signature`,
      ({ header, claims, signed }) => unsigned({ ...header, alg }, claims(), signed().split('.')[2]),
    ],
  ]),
  ['an empty signature', ({ header, claims }) => unsigned(header, claims())],
  ['the key of a stranger', ({ header, claims }) => keySigned(stranger, header, claims())],
  ['an HMAC by nothing', ({ header, claims }) => hmacSigned('', { ...header, alg: 'HS256' }, claims())],
  [
    'an HMAC by our own secret',
    ({ claims }) => hmacSigned(testSettings.jwtSecret, { alg: 'HS256' }, claims()),
  ],
  [
    'a changed payload',
    ({ signed, claims }) => {
      const [header, , signature] = signed().split('.')
      return `${header}.${Buffer.from(JSON.stringify(claims({ sub: 'x' }))).toString('base64url')}.${signature}`
    },
  ],
  ['an issuer that nobody trusts', withClaims({ iss: 'https://attacker.example' })],
  ['an issuer with a slash more', ({ signed, trusted }) => signed({ claims: { iss: `${trusted.issuer}/` } })],
  [
    'an issuer in capitals',
    ({ signed, trusted }) => signed({ claims: { iss: trusted.issuer.toUpperCase() } }),
  ],
  ['our own issuer', withClaims({ iss: 'tasklane' })],
  [
    'our own issuer, and all that ours say',
    withClaims({ iss: 'tasklane', sid: crypto.randomUUID(), jti: 'x', sub: crypto.randomUUID() }),
  ],
  ['an issuer that is a list', ({ signed, trusted }) => signed({ claims: { iss: [trusted.issuer] } })],
  ['an issuer that is null', withClaims({ iss: null })],
  ['an issuer that every object has', withClaims({ iss: 'constructor' })],
  ['no audience', withClaims({ aud: undefined })],
  ['another audience', withClaims({ aud: 'another service' })],
  ['a list of other audiences', withClaims({ aud: ['a', 'b', 'TASKLANE', 'tasklane '] })],
  ['an empty list of audiences', withClaims({ aud: [] })],
  ['an audience that is null', withClaims({ aud: null })],
  ['an audience that is an object', withClaims({ aud: { tasklane: true } })],
  ['no end', withClaims({ exp: undefined })],
  ['an end that is text', withClaims({ exp: `${nowSeconds() + 900}` })],
  ['an end that is null', withClaims({ exp: null })],
  ['an end beyond every number', replaced('exp', '1e999')],
  ['an end 6 s ago', withClaims({ exp: nowSeconds() - 6 }), 'TOKEN_EXPIRED'],
  ['an end long ago', withClaims({ exp: 1 }), 'TOKEN_EXPIRED'],
  ['an end before all numbers', replaced('exp', '-1e999'), 'TOKEN_EXPIRED'],
  ['an issue a day ahead', withClaims({ iat: nowSeconds() + 86_400 })],
  ['an issue beyond every number', replaced('iat', '1e999')],
  ['an issue before every date', withClaims({ iat: -1e20 })],
  ['an issue before 1970', withClaims({ iat: -1 })],
  ['an issue that is text', withClaims({ iat: '1' })],
  ['an issue that is null', withClaims({ iat: null })],
  ['a beginning tomorrow', withClaims({ nbf: nowSeconds() + 86_400 })],
  ['a beginning that is text', withClaims({ nbf: '1' })],
  ['no subject', withClaims({ sub: undefined }), 'TOKEN_FORMAT_INVALID'],
  ['an empty subject', withClaims({ sub: '' }), 'TOKEN_FORMAT_INVALID'],
  ['a subject that is a number', withClaims({ sub: 7 })],
  ['a subject that is null', withClaims({ sub: null })],
  ['a subject that is a list', withClaims({ sub: ['x'] })],
  ['a subject of 256 characters', withClaims({ sub: 'x'.repeat(256) })],
  ['a subject of 256 code points', withClaims({ sub: '\u{1f600}'.repeat(256) })],
  ['a subject with NUL', withClaims({ sub: 'x\0y' })],
  ['a subject with half a surrogate pair', replaced('sub', '"x\\ud800y"')],
  ['a subject with the other half', replaced('sub', '"\\udc00"')],
  ['a subject that starts with a byte order mark', withClaims({ sub: '\ufeffx' })],
  ['a payload that starts with a byte order mark', withText((text) => `\ufeff${text}`)],
  ...['better-auth.session-cache+jwt', 'id+jwt', 'logout+jwt', 'dpop+jwt', 'JOSE', 'constructor', ''].map(
    (typ): Attack => [`the typ ${JSON.stringify(typ)}`, withHeader({ typ })],
  ),
  ['a typ that is no text', withHeader({ typ: ['JWT'] })],
  ['an empty kid', withHeader({ kid: '' })],
  ['a jku', (issuer) => withHeader({ jku: its.keys.strayUrl })(issuer)],
  ['an x5u', (issuer) => withHeader({ x5u: its.keys.strayUrl })(issuer)],
  ['a jwk', withHeader({ jwk: publicJwk('other') })],
  ['a crit', withHeader({ crit: ['exp'] })],
  ['an unencoded payload', withHeader({ b64: false, crit: ['b64'] })],
  [
    'a jku of the attacker who signed it',
    ({ claims }) => {
      const header = { alg: 'EdDSA', kid: 'other', jku: its.keys.strayUrl }
      return keySigned(stranger, header, claims())
    },
  ],
  ['two issuers, the trusted one last', duplicated('iss', '"https://attacker.example"')],
  ['two subjects', duplicated('sub', '"admin"')],
  ['two subjects, one of them escaped', withText((text) => `{"s\\u0075b":"admin",${text.slice(1)}`)],
  [
    'two algorithms',
    ({ header, claims, sign }) => sign(`{"alg":"none",${JSON.stringify(header).slice(1)}`, claims()),
  ],
  ['a prototype', withText((text) => `{"__proto__":{"sub":"admin"},${text.slice(1)}`)],
  ['more than 8 KiB', withClaims({ pad: 'x'.repeat(8000) })],
]

const accepted: Variant[] = [
  ['as the issuer makes it', ({ signed }) => signed()],
  ...['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'].map(
    (typ): Variant => [`with the typ ${typ}`, withHeader({ typ })],
  ),
  ['with a header that is not known', withHeader({ foo: 'bar' })],
  ['with a list of audiences that has ours', withClaims({ aud: ['another', 'tasklane'] })],
  ['without an issue time', withClaims({ iat: undefined })],
  ['with fractions of seconds', withClaims({ iat: nowSeconds() - 0.5, exp: nowSeconds() + 900.5 })],
  ['issued in 1970', withClaims({ iat: 0 })],
  ['with an end in the year 9999 and later', withClaims({ exp: 1e12 })],
  ['with a beginning in the past', withClaims({ nbf: nowSeconds() - 60 })],
  ['with a subject of 255 characters', withClaims({ sub: 'x'.repeat(255) })],
  ['with a subject of 255 code points', withClaims({ sub: '\u{1f600}'.repeat(255) })],
  ['with a subject of anything', withClaims({ sub: ' auth0|x\u0007\'";--<b>\u202e\u0301 ' })],
  ['with a subject that is a number as text', withClaims({ sub: '1' })],
]

describe.each(algorithms)('an issuer that signs with %s', (alg) => {
  it.each(accepted)('has its token accepted %s', async (_name, token) => {
    await its.expectAccepted(its.target(alg), token(its.target(alg).issuer))
  })

  it.each(attacks)('has its token refused with %s', async (_name, token, reason) => {
    await its.expectRefused(its.target(alg), token(its.target(alg).issuer), reason)
  })

  it('has each of its subjects told apart, byte by byte', async () => {
    const subjects = ['a', 'A', 'a ', ' a', 'á', 'a\u0301', 'ａ', '1', '01', '1.0']
    const ids: string[] = []
    for (const sub of subjects)
      ids.push(await its.expectAccepted(its.target(alg), withClaims({ sub })(its.target(alg).issuer)))
    expect(new Set(ids).size).toBe(subjects.length)
  })

  it('has every other spelling of its token refused', async () => {
    const token = its.target(alg).issuer.signed()
    await its.expectAccepted(its.target(alg), token)
    expect(respellings(token).length).toBe(alg === 'HS256' ? 3 : 15)
    for (const other of [...respellings(token), `${token}=`, `${token}.`])
      await its.expectRefused(its.target(alg), other)
  })
})

it('keeps to the second of an end and of a beginning, with 5 s of tolerance', async () => {
  const { backend, issuer } = its.target('HS256')
  const seconds = nowSeconds()
  const clock = { seconds }
  const dependencies = createDependencies({
    db: backend.database.db,
    log: backend.dependencies.log,
    now: () => new Date(clock.seconds * 1000),
    settings: { ...testSettings, trustedIssuers: [issuer.trusted] },
  })
  const reasonOf = async (token: string) => {
    const context = createContext(dependencies, { authorization: [`Bearer ${token}`] })
    const call = createCaller(context).auth.me()
    return await call.then(
      () => 'accepted',
      ({ reason }) => reason,
    )
  }
  const reasonsOf = (claim: string, values: number[]) =>
    Promise.all(values.map((value) => reasonOf(issuer.signed({ claims: { [claim]: seconds + value } }))))
  expect(await reasonsOf('exp', [0, -4, -5])).toEqual(['accepted', 'accepted', 'TOKEN_EXPIRED'])
  expect(await reasonsOf('nbf', [0, 5, 6])).toEqual(['accepted', 'accepted', 'TOKEN_INVALID'])
  expect(await reasonsOf('iat', [0, 5, 6])).toEqual(['accepted', 'accepted', 'TOKEN_INVALID'])

  const remembered = issuer.signed({ claims: { exp: seconds + 60 } })
  expect(await reasonOf(remembered)).toBe('accepted')
  clock.seconds += 64.999
  expect(await reasonOf(remembered)).toBe('accepted')
  clock.seconds += 0.001
  expect(await reasonOf(remembered)).toBe('TOKEN_EXPIRED')
})
