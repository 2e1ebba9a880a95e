import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, sign, verify } from 'node:crypto'
import type { JwsHeader } from './compact-jws.ts'

/** How access tokens can be signed. RFC 7518 §3.1, RFC 8037 §3.1. */
export const jwtAlgorithms = ['HS256', 'EdDSA', 'ES256', 'RS256'] as const
export type JwtAlgorithm = (typeof jwtAlgorithms)[number]

/** A private key of a key set: a JWK with `kid` and `alg`. RFC 7517 §4. */
export interface PrivateJwk extends JsonWebKey {
  kid: string
  alg: Exclude<JwtAlgorithm, 'HS256'>
  /** When it was made, in seconds since 1970. Default 0. */
  iat?: number
}

/** A public key as other services get it. */
export interface PublicJwk extends JsonWebKey {
  kid: string
  alg: string
  use: 'sig'
}

type Key = KeyObject | Uint8Array

/** The keys that sign our access tokens and check them. */
export interface SigningKeys {
  /** The one that signs now, and the header that says so. */
  signing(): { key: Key; header: { alg: JwtAlgorithm; kid?: string } }
  /** Those that may have signed a token with this header. */
  find(header: JwsHeader): { alg: JwtAlgorithm; keys: Key[] } | undefined
  /** The public keys, also of those that sign no more or not yet. None with a secret. */
  publicKeys(): PublicJwk[]
  /** Takes another key set, such as one with a new key. */
  replace(keys: PrivateJwk[]): void
}

/** A new key is published so long before it signs, for those who keep the public keys a while. */
export const publishedBeforeSigningSeconds = 600

/** HS256. Tokens of the earlier secrets stay good. */
export function createSecretKeys(secrets: [string, ...string[]]): SigningKeys {
  const keys = secrets.map((secret) => Buffer.from(secret)) as [Buffer, ...Buffer[]]
  return {
    signing: () => ({ key: keys[0], header: { alg: 'HS256' } }),
    find: ({ alg, kid }) => (alg === 'HS256' && kid === undefined ? { alg, keys } : undefined),
    publicKeys: () => [],
    replace: () => {
      throw new Error('A secret has no key set.')
    },
  }
}

interface KeySetOptions {
  keys: PrivateJwk[]
  /** What new tokens are signed with. Tokens of every key in the set are good. */
  algorithm: PrivateJwk['alg']
  now: () => Date
}

interface KeyPair {
  jwk: PrivateJwk
  privateKey: KeyObject
  publicKey: KeyObject
  publicJwk: PublicJwk
}

/**
 * A set of key pairs. The newest that has been published long enough signs, or else the oldest.
 *
 * @throws Error that names the key when one cannot be used, or when none has the algorithm.
 */
export function createKeySet({ keys, algorithm, now }: KeySetOptions): SigningKeys {
  let pairs = readPairs(keys, algorithm)

  function signing(): KeyPair {
    const own = pairs.filter(({ jwk }) => jwk.alg === algorithm).sort((one, other) => age(other) - age(one))
    const ripe = own.filter((pair) => age(pair) >= publishedBeforeSigningSeconds)
    return (ripe.at(-1) ?? own[0]) as KeyPair
  }
  const age = ({ jwk }: KeyPair) => now().getTime() / 1000 - (jwk.iat ?? 0)

  return {
    signing: () => {
      const { jwk, privateKey } = signing()
      return { key: privateKey, header: { alg: jwk.alg, kid: jwk.kid } }
    },
    find: ({ alg, kid }) => {
      const pair = pairs.find(({ jwk }) => jwk.kid === kid && jwk.alg === alg)
      return pair && { alg: pair.jwk.alg, keys: [pair.publicKey] }
    },
    publicKeys: () => pairs.map(({ publicJwk }) => publicJwk),
    replace: (replacement) => {
      pairs = readPairs(replacement, algorithm)
    },
  }
}

function readPairs(keys: PrivateJwk[], algorithm: JwtAlgorithm): KeyPair[] {
  const pairs = keys.map(readPair)
  const kids = keys.map(({ kid }) => kid)
  const repeated = kids.find((kid, index) => kids.indexOf(kid) < index)
  if (repeated !== undefined)
    throw new Error(`Two keys of the key set have the same kid. It is "${repeated}".`)
  if (!pairs.some(({ jwk }) => jwk.alg === algorithm))
    throw new Error(`The key set has no key for ${algorithm}.`)
  return pairs
}

const keyTypes: Record<PrivateJwk['alg'], (key: KeyObject) => boolean> = {
  EdDSA: ({ asymmetricKeyType }) => asymmetricKeyType === 'ed25519',
  ES256: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
  RS256: (key) =>
    key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= rsaBitsMin,
}
const rsaBitsMin = 2048

function readPair(jwk: PrivateJwk): KeyPair {
  const name = `The key "${jwk.kid}" of the key set`
  const privateKey = readPrivateKey(jwk, name)
  if (!keyTypes[jwk.alg](privateKey)) throw new Error(`${name} does not fit ${jwk.alg}.`)
  const publicKey = createPublicKey(privateKey)
  if (!isPair(privateKey, publicKey)) throw new Error(`${name} is put together from two keys.`)
  const publicJwk = {
    ...publicKey.export({ format: 'jwk' }),
    kid: jwk.kid,
    alg: jwk.alg,
    use: 'sig' as const,
  }
  return { jwk, privateKey, publicKey, publicJwk }
}

/** Node takes the public half as it is written. */
function isPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const hash = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const text = Buffer.from('text')
  return verify(hash, text, publicKey, sign(hash, text, privateKey))
}

function readPrivateKey(jwk: PrivateJwk, name: string): KeyObject {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    throw new Error(`${name} is no private key.`, { cause })
  }
}
