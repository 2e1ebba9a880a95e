import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { PrivateJwk } from '@tasklane/api'
import { expect, it } from 'vitest'
import { newKey, thumbprintOf } from './new-key.ts'

interface Signing {
  alg: PrivateJwk['alg']
  key: KeyObject
  content: Buffer
}

/** As RFC 7518 and RFC 8037 have it. */
const signingOf = ({ alg, key }: Omit<Signing, 'content'>) => ({
  hash: alg === 'EdDSA' ? null : 'sha256',
  key: { key, dsaEncoding: 'ieee-p1363' as const },
})

function signatureOf({ content, ...signing }: Signing): Buffer {
  const { hash, key } = signingOf(signing)
  return sign(hash, content, key)
}

function isGood({ content, signature, ...signing }: Signing & { signature: Buffer }): boolean {
  const { hash, key } = signingOf(signing)
  return verify(hash, content, key, signature)
}

it.each([
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519' }],
  ['ES256', { kty: 'EC', crv: 'P-256' }],
  ['RS256', { kty: 'RSA', e: 'AQAB' }],
] as const)('makes a key for %s that signs, and that only its public half verifies', async (alg, kind) => {
  const jwk = await newKey({ alg, iat: 1_700_000_000 })
  expect(jwk).toMatchObject({ ...kind, alg, use: 'sig', iat: 1_700_000_000, kid: thumbprintOf(jwk) })

  const content = Buffer.from('header.payload')
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const signature = signatureOf({ alg, key, content })
  const own = createPublicKey(key)
  const other = createPublicKey(createPrivateKey({ key: await newKey({ alg, iat: 0 }), format: 'jwk' }))
  expect(isGood({ alg, key: own, content, signature })).toBe(true)
  expect(isGood({ alg, key: own, content: Buffer.from('header.other'), signature })).toBe(false)
  expect(isGood({ alg, key: other, content, signature })).toBe(false)
})

it('makes RSA keys of 3072 bits', async () => {
  const key = createPrivateKey({ key: await newKey({ alg: 'RS256', iat: 0 }), format: 'jwk' })
  expect(key.asymmetricKeyDetails?.modulusLength).toBe(3072)
})

const modulus =
  '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3' +
  'oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA' +
  'ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-' +
  'kEgU8awapJzKnqDKgw'

it.each([
  [
    'RFC 7638 §3.1',
    { kid: '2011-04-29', alg: 'RS256', kty: 'RSA', n: modulus, e: 'AQAB' },
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  ],
  [
    'RFC 9449 §6.1',
    {
      kty: 'EC',
      x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
      y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
      crv: 'P-256',
    },
    '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  ],
  [
    'RFC 8037 A.3',
    { x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', crv: 'Ed25519', kty: 'OKP' },
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  ],
])('gives the thumbprint of %s', (_, jwk, thumbprint) => {
  expect(thumbprintOf(jwk)).toBe(thumbprint)
})
