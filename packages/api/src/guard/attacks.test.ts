import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser, testSettings } from '../testing.ts'
import { hmacSigned, keySigned, respellings, unsigned } from './fixtures/forge.ts'
import type { PrivateJwk } from './signing-keys.ts'

type Claims = Record<string, unknown>
type Attack = [name: string, token: (target: Target) => string, reason?: string]

/** A server, one of its users, and what an attacker knows of both. */
interface Target {
  backend: TestBackend
  user: TestUser
  /** What a good token of ours says now, with changes. */
  claims(changes?: Claims): Claims
  /** A token that is signed as ours are, whatever it says. */
  signed(changes?: { header?: Claims; claims?: Claims }): string
  header: Claims
}

const keyPairs = {
  EdDSA: generateKeyPairSync('ed25519'),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
}
type Asymmetric = keyof typeof keyPairs
const asymmetric = Object.keys(keyPairs) as Asymmetric[]
const stranger = generateKeyPairSync('ed25519')

const keys = asymmetric.map(
  (alg): PrivateJwk => ({ ...keyPairs[alg].privateKey.export({ format: 'jwk' }), kid: alg, alg }),
)

let requests = 0
/** Where an attacker would like us to fetch keys from. */
const provider = createServer((_req, res) => {
  requests += 1
  const key = { ...stranger.publicKey.export({ format: 'jwk' }), kid: 'stranger', alg: 'EdDSA', use: 'sig' }
  res.end(JSON.stringify({ keys: [key] }))
})
let providerUrl: string

const targets = new Map<string, Target>()

async function createTarget(alg: 'HS256' | Asymmetric): Promise<Target> {
  const backend = await createTestBackend(
    alg === 'HS256' ? {} : { jwtKeySet: { algorithm: alg, keys: keys.filter((key) => key.alg === alg) } },
  )
  const user = await backend.signUp()
  const header = { alg, typ: 'at+jwt', ...(alg !== 'HS256' && { kid: alg }) }
  const claims = (changes: Claims = {}) => ({ ...decodeJwt(user.signedIn.accessToken), ...changes })
  return {
    backend,
    user,
    header,
    claims,
    signed: (changes = {}) => {
      const parts = [{ ...header, ...changes.header }, claims(changes.claims)] as const
      return alg === 'HS256'
        ? hmacSigned(testSettings.jwtSecret, ...parts)
        : keySigned(keyPairs[alg].privateKey, ...parts)
    },
  }
}

beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  providerUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/jwks`
  for (const alg of ['HS256', ...asymmetric] as const) targets.set(alg, await createTarget(alg))
})
afterAll(async () => {
  for (const { backend } of targets.values()) await backend.close()
  provider.close()
})
beforeEach(() => {
  requests = 0
})

const texts: Record<string, string> = {
  TOKEN_INVALID: 'Invalid or expired token',
  TOKEN_EXPIRED: 'Token expired',
  TOKEN_FORMAT_INVALID: 'Invalid token format',
}

async function expectRefused(target: Target, authorization: string, reason = 'TOKEN_INVALID'): Promise<void> {
  const { backend } = target
  backend.log.length = 0
  const client = backend.client(authorization)
  const calls = [client.auth.me.query(), client.tasks.list.query(), client.auth.me.query()]
  await Promise.all(
    calls.map((call) =>
      expect(call).rejects.toMatchObject({
        message: texts[reason],
        data: { code: 'UNAUTHORIZED', httpStatus: 401, reason },
      }),
    ),
  )
  const details = { event: 'authentication_failed', reason, ipAddress: '192.0.2.1' }
  expect(backend.log).toEqual([{ level: 'info', message: 'authentication failed', details }])
  expect(requests).toBe(0)
}

const nowSeconds = ({ backend }: Target) => Math.floor(backend.dependencies.now().getTime() / 1000)
const mutated = (token: string, change: (parts: string[]) => void) => {
  const parts = token.split('.')
  change(parts)
  return parts.join('.')
}

/** Against a server that signs with any algorithm. */
const anywhere: Attack[] = [
  ...['none', 'None', 'NONE', 'nOnE'].flatMap((alg): Attack[] => [
    [`alg ${alg}`, ({ header, claims }) => unsigned({ ...header, alg }, claims())],
    [
      `alg ${alg} with the signature of a good token`,
      ({ header, claims, signed }) => unsigned({ ...header, alg }, claims(), signed().split('.')[2]),
    ],
  ]),
  ['no alg', ({ header, claims }) => unsigned({ ...header, alg: undefined }, claims(), 'AAAA')],
  ['an empty signature', ({ header, claims }) => unsigned(header, claims())],
  ['a signature of zeros', ({ header, claims }) => unsigned(header, claims(), 'A'.repeat(86))],
  ['a changed payload', ({ claims, signed }) => swapped(signed(), claims({ sub: crypto.randomUUID() }))],
  ['the key of a stranger', ({ header, claims }) => keySigned(stranger.privateKey, header, claims())],
  [
    'an HMAC by an empty secret',
    ({ header, claims }) => hmacSigned('', { ...header, alg: 'HS256' }, claims()),
  ],
  ['another algorithm', ({ header, claims }) => hmacSigned('x', { ...header, alg: 'HS512' }, claims())],
  ...[
    '../../../../dev/null',
    '/dev/null',
    "' or 1=1 --",
    "x' union select 'AA",
    'file:///etc/passwd',
    '__proto__',
    'constructor',
    '',
    '|/bin/id',
  ].map(
    (kid): Attack => [
      `the kid ${JSON.stringify(kid)} and an HMAC by nothing`,
      ({ header, claims }) => hmacSigned('', { ...header, alg: 'HS256', kid }, claims()),
    ],
  ),
  [
    'an embedded jwk',
    ({ header, claims }) => {
      const jwk = stranger.publicKey.export({ format: 'jwk' })
      return keySigned(stranger.privateKey, { ...header, alg: 'EdDSA', jwk }, claims())
    },
  ],
  ...(['jku', 'x5u'] as const).map(
    (member): Attack => [
      `a ${member} that names a key of the attacker`,
      ({ header, claims }) =>
        keySigned(
          stranger.privateKey,
          { ...header, alg: 'EdDSA', kid: 'stranger', [member]: providerUrl },
          claims(),
        ),
    ],
  ),
  ['a jku, though the signature is good', ({ signed }) => signed({ header: { jku: providerUrl } })],
  ['a crit', ({ signed }) => signed({ header: { crit: ['exp'] } })],
  ['a crit that is empty', ({ signed }) => signed({ header: { crit: [] } })],
  ['an unencoded payload', ({ signed }) => signed({ header: { b64: false, crit: ['b64'] } })],
  ['a zip', ({ signed }) => signed({ header: { zip: 'DEF' } })],
  ['no typ', ({ signed }) => signed({ header: { typ: undefined } })],
  ['the typ of an ID token', ({ signed }) => signed({ header: { typ: 'JWT' } })],
  ['a typ that is no text', ({ signed }) => signed({ header: { typ: ['at+jwt'] } })],
  ['no exp', ({ signed }) => signed({ claims: { exp: undefined } })],
  ['an exp that is text', (target) => target.signed({ claims: { exp: `${nowSeconds(target) + 900}` } })],
  ['no iat', ({ signed }) => signed({ claims: { iat: undefined } })],
  ['no jti', ({ signed }) => signed({ claims: { jti: undefined } })],
  ['no aud', ({ signed }) => signed({ claims: { aud: undefined } })],
  ['another aud', ({ signed }) => signed({ claims: { aud: 'another service' } })],
  ['no iss', ({ signed }) => signed({ claims: { iss: undefined } })],
  ['another iss', ({ signed }) => signed({ claims: { iss: 'https://attacker.example' } })],
  ['an iss that is a list', ({ signed }) => signed({ claims: { iss: ['tasklane'] } })],
  ['an iss that every object has', ({ signed }) => signed({ claims: { iss: '__proto__' } })],
  ['no sub', ({ signed }) => signed({ claims: { sub: undefined } }), 'TOKEN_FORMAT_INVALID'],
  ['a sub that is not a UUID', ({ signed }) => signed({ claims: { sub: 'admin' } })],
  ['a sub that no user has', ({ signed }) => signed({ claims: { sub: crypto.randomUUID() } })],
  ['no sid', ({ signed }) => signed({ claims: { sid: undefined } })],
  ['a sid that no session has', ({ signed }) => signed({ claims: { sid: crypto.randomUUID() } })],
  ['an iat in the far future', (target) => target.signed({ claims: { iat: nowSeconds(target) + 86_400 } })],
  ['an nbf in the future', (target) => target.signed({ claims: { nbf: nowSeconds(target) + 60 } })],
  [
    'an exp that passed a second more than is tolerated',
    (target) => target.signed({ claims: { exp: nowSeconds(target) - 6 } }),
    'TOKEN_EXPIRED',
  ],
  [
    'more life than ours get',
    (target) => target.signed({ claims: { iat: nowSeconds(target) - 906, exp: nowSeconds(target) + 900 } }),
    'TOKEN_EXPIRED',
  ],
  [
    'a duplicate member in the header',
    ({ header, claims }) => hmacSigned(testSettings.jwtSecret, duplicated(header, 'alg'), claims()),
  ],
  ['two parts', ({ signed }) => mutated(signed(), (parts) => parts.pop())],
  ['four parts', ({ signed }) => mutated(signed(), (parts) => parts.push('AAAA'))],
  ['five parts, as encrypted tokens have', ({ signed }) => `${signed()}.AAAA.AAAA`],
  ['a header that is a list', ({ claims }) => unsigned('[]', claims(), 'AAAA')],
  ['a header that is not JSON', ({ claims }) => unsigned('{', claims(), 'AAAA')],
  ['a payload that is text', ({ header }) => unsigned(header, '"x"', 'AAAA')],
  ['a token over 8 KiB', ({ signed }) => signed({ claims: { pad: 'x'.repeat(8000) } })],
  ['nonsense', () => 'nonsense'],
]

function swapped(token: string, payload: Claims): string {
  return mutated(token, (parts) => {
    parts[1] = Buffer.from(JSON.stringify(payload)).toString('base64url')
  })
}

/** The same member twice: readers disagree on which one counts. */
function duplicated(object: Claims, member: string): string {
  return `{"${member}":"none",${JSON.stringify(object).slice(1)}`
}

describe.each(['HS256', ...asymmetric])('a server that signs with %s', (alg) => {
  const target = () => targets.get(alg) as Target

  it('accepts its own token, and one that was forged with its own key', async () => {
    const { backend, user, signed } = target()
    for (const token of [user.signedIn.accessToken, signed()])
      expect(await backend.client(`Bearer ${token}`).auth.me.query()).toMatchObject({ email: user.email })
  })

  it.each(anywhere)('refuses %s', async (_name, token, reason) => {
    await expectRefused(target(), `Bearer ${token(target())}`, reason)
  })

  it('refuses a payload with a duplicate member', async () => {
    const { header, claims } = target()
    const text = `{"sub":"${crypto.randomUUID()}",${JSON.stringify(claims()).slice(1)}`
    const token =
      alg === 'HS256'
        ? hmacSigned(testSettings.jwtSecret, header, text)
        : keySigned(keyPairs[alg as Asymmetric].privateKey, header, text)
    await expectRefused(target(), `Bearer ${token}`)
  })

  it('refuses the session of another user', async () => {
    const { backend, signed } = target()
    const other = await backend.signUp()
    await expectRefused(target(), `Bearer ${signed({ claims: { sub: other.signedIn.user.id } })}`)
  })

  it('refuses every other spelling of a token that it accepts', async () => {
    const { user } = target()
    const others = respellings(user.signedIn.accessToken)
    const expected: Record<string, number> = { HS256: 3, EdDSA: 15, ES256: 15, RS256: 15 }
    expect(others).toHaveLength(expected[alg] ?? 0)
    for (const other of others) await expectRefused(target(), `Bearer ${other}`)
    for (const padding of ['=', '==', '%3D']) {
      await expectRefused(target(), `Bearer ${user.signedIn.accessToken}${padding}`)
    }
  })

  it.each([
    ['a lower-case bearer', (token: string) => `bearer ${token}`],
    ['an upper-case bearer', (token: string) => `BEARER ${token}`],
    ['two spaces', (token: string) => `Bearer  ${token}`],
    ['a tab', (token: string) => `Bearer\t${token}`],
    ['no space', (token: string) => `Bearer${token}`],
    ['no token', () => 'Bearer'],
    ['a space in the token', (token: string) => `Bearer ${token.slice(0, 20)} ${token.slice(20)}`],
    ['something after the token', (token: string) => `Bearer ${token} x`],
    ['a comma after the token', (token: string) => `Bearer ${token},`],
    ['two tokens', (token: string) => `Bearer ${token}, Bearer ${token}`],
    ['quotes', (token: string) => `Bearer "${token}"`],
    ['another scheme', (token: string) => `Basic ${token}`],
    ['the token alone', (token: string) => token],
  ])('refuses a good token with %s', async (_name, authorization) => {
    await expectRefused(target(), authorization(target().user.signedIn.accessToken))
  })
})

describe.each(asymmetric)('the public key of a server that signs with %s', (alg) => {
  const target = () => targets.get(alg) as Target
  const publicKey: KeyObject = keyPairs[alg].publicKey

  it.each([
    ['PEM', () => publicKey.export({ type: 'spki', format: 'pem' })],
    [
      'PEM without its last line break',
      () => `${publicKey.export({ type: 'spki', format: 'pem' })}`.trimEnd(),
    ],
    ['DER', () => publicKey.export({ type: 'spki', format: 'der' })],
    ['JWK', () => JSON.stringify(publicKey.export({ format: 'jwk' }))],
    ['published JWK', () => JSON.stringify(target().backend.dependencies.signingKeys.publicKeys()[0])],
  ] as [string, () => string | Buffer][])('is no HMAC secret, as %s', async (_form, text) => {
    const { header, claims } = target()
    for (const kid of [alg, undefined]) {
      await expectRefused(
        target(),
        `Bearer ${hmacSigned(text(), { ...header, alg: 'HS256', kid }, claims())}`,
      )
    }
  })

  it('does not check the signature of another algorithm', async () => {
    const { header, claims } = target()
    for (const other of asymmetric.filter((each) => each !== alg)) {
      const token = keySigned(keyPairs[other].privateKey, { ...header, alg: other }, claims())
      await expectRefused(target(), `Bearer ${token}`)
    }
  })
})

it('refuses an ES256 signature of r = 0 and s = 0', async () => {
  const target = targets.get('ES256') as Target
  const zeros = Buffer.alloc(64).toString('base64url')
  await expectRefused(target, `Bearer ${unsigned(target.header, target.claims(), zeros)}`)
})

it('refuses a stolen HS256 secret on a server that signs with a key set', async () => {
  const target = targets.get('EdDSA') as Target
  const header = { alg: 'HS256', typ: 'at+jwt' }
  await expectRefused(target, `Bearer ${hmacSigned(testSettings.jwtSecret, header, target.claims())}`)
})
