import type { PrivateJwk } from '@tasklane/api'
import { expect, it } from 'vitest'
import { describeRotation } from './report.ts'

const now = new Date('2026-01-10T00:00:00Z')
const day = 24 * 3600
const keepSeconds = 7 * day

function keyOf(kid: string, { alg = 'EdDSA', days }: { alg?: PrivateJwk['alg']; days: number }): PrivateJwk {
  return { kid, alg, kty: 'OKP', d: 'secret', iat: now.getTime() / 1000 + days * day }
}

it('says what each key is for, and shows no secret', () => {
  const added = keyOf('new', { days: 0 })
  const keys = [keyOf('old\u001b', { days: -5 }), keyOf('signing', { days: -2 }), added]
  const rotation = {
    set: { keys },
    added,
    dropped: [keyOf('gone', { days: -20 })],
    file: '/keys.json',
    isNew: false,
  }
  expect(describeRotation(rotation, { keepSeconds, now })).toBe(`Added    new (EdDSA)
         It signs from 2026-01-10T00:10:00.000Z on. Until then it is only published.
Dropped  gone (EdDSA): its tokens have expired

The key set in /keys.json:
  key        algorithm  made                      use
  old\\u{1b}  EdDSA      2026-01-05T00:00:00.000Z  signs no more, is kept until 2026-01-15T00:20:00.000Z
  signing    EdDSA      2026-01-08T00:00:00.000Z  signs until 2026-01-10T00:10:00.000Z, is kept until 2026-01-17T00:20:00.000Z
  new        EdDSA      2026-01-10T00:00:00.000Z  signs from 2026-01-10T00:10:00.000Z

A running server takes the file by itself within seconds. Nobody is signed out.`)
})

it('says of a first key that it signs at once, and what to set', () => {
  const added = keyOf('new', { days: 0 })
  const rotation = { set: { keys: [added] }, added, dropped: [], file: '/keys.json', isNew: true }
  expect(describeRotation(rotation, { keepSeconds, now })).toBe(`Added    new (EdDSA)
         It signs at once: it is the first for EdDSA.

The key set in /keys.json is new. It holds secrets:
  key  algorithm  made                      use
  new  EdDSA      2026-01-10T00:00:00.000Z  signs

To sign with it, start the server with JWT_KEYS_FILE=/keys.json and JWT_ALGORITHM=EdDSA.`)
})

it('says that the server must be told of another algorithm', () => {
  const added = keyOf('new', { days: 0, alg: 'ES256' })
  const keys = [keyOf('old', { days: -1 }), added]
  const rotation = { set: { keys }, added, dropped: [], file: '/keys.json', isNew: false }
  const text = describeRotation(rotation, { keepSeconds, now })
  expect(text).toMatch(/old .* signs\n.*new .* signs\n/)
  expect(text).toContain('No server signs with it before it is started with JWT_ALGORITHM=ES256')
  expect(text).toMatch(/Keys of other algorithms stay good\. Delete them [^\n]*$/)
})
