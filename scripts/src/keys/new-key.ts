import { createHash, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { PrivateJwk } from '@tasklane/api'

const generate = promisify(generateKeyPair)
/** As strong as the curves: 128 bits. NIST SP 800-57 part 1, table 2. */
const rsaBits = 3072

const generators: Record<PrivateJwk['alg'], () => Promise<{ privateKey: KeyObject }>> = {
  EdDSA: () => generate('ed25519', {}),
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
  RS256: () => generate('rsa', { modulusLength: rsaBits }),
}

/** What a key set can sign with. */
export const keyAlgorithms = Object.keys(generators) as PrivateJwk['alg'][]

/** Makes a key pair, named by its thumbprint. */
export async function newKey({ alg, iat }: { alg: PrivateJwk['alg']; iat: number }): Promise<PrivateJwk> {
  const { privateKey } = await generators[alg]()
  const jwk = privateKey.export({ format: 'jwk' })
  return { ...jwk, kid: thumbprintOf(jwk), alg, use: 'sig', iat }
}

/** Those that make the public key, in the order of their names. RFC 7638 §3.2, RFC 8037 §2. */
const thumbprintMembers: Record<string, string[]> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
}

/** SHA-256 of the public key. RFC 7638 §3. */
export function thumbprintOf(jwk: JsonWebKey): string {
  const members = thumbprintMembers[jwk.kty ?? '']
  if (!members) throw new TypeError(`No thumbprint is known for keys of the type ${jwk.kty}.`)
  const content = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])))
  return createHash('sha256').update(content).digest('base64url')
}
