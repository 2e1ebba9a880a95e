import { execFileSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digests, isPublicSecret } from './public-secrets.ts'

describe('knows the secret of', () => {
  it.each([
    ['jwt.io', 'a-string-secret-at-least-256-bits-long'],
    ['RFC 7515', 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'],
    ['RFC 7520', 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg'],
    ['Better Auth', 'better-auth-secret-12345678901234567890'],
    ['Supabase', 'super-secret-jwt-token-with-at-least-32-characters-long'],
    ['PostgREST', 'reallyreallyreallyreallyverysafe'],
    ['FastAPI', '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7'],
    ['Hasura', '3EK6FD+o0+c7tzBNVfjpMkNDi2yARAAKzQlk8O2IKoxQu4nF7EdAh8s3TwpHwrdWT6R'],
    ['Directus', '6116487b-cda1-52c2-b5b5-c8022c45e263'],
    ['Spring tutorials', '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970'],
    ['BezKoder', '======================BezKoder=Spring==========================='],
    [
      'NestJS',
      'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
    ],
    ['Nacos', 'SecretKey012345678901234567890123456789012345678901234567890123456789'],
    ['LibreChat', '16f8c0ef4a5d391b26034086c628469d3f9f497f08163ab9b40137092f2909ef'],
    ['Invoice Ninja', 'RR++yx2rJ9kdxbdh3+AmbHLDQu+Q76i++co9Y8ybbno='],
    ['Ory Kratos', '32-LONG-SECRET-NOT-SECURE-AT-ALL'],
  ])('%s', (_whose, secret) => {
    expect(isPublicSecret(secret)).toBe(true)
    expect(isPublicSecret(secret.toUpperCase())).toBe(true)
    expect(isPublicSecret(` ${secret}\n`)).toBe(true)
    expect(isPublicSecret(`"${secret}"`)).toBe(true)
    expect(isPublicSecret(`base64:${secret}`)).toBe(true)
  })
})

describe('takes a placeholder for public, however its words are joined', () => {
  const placeholders = [
    'please change me 9f81c3d7e2b64a05',
    'change this secret 9f81c3d7e2b64a05',
    'change in production 9f81c3d7e2b64a05',
    'your secret 9f81c3d7e2b64a05bd73',
    'your jwt secret 9f81c3d7e2b64a05',
    'your own very long 256 bit secret 9f81c3d7',
    'your super secret key 9f81c3d7e2b6',
    'replace me 9f81c3d7e2b64a05bd7316ac',
    'replace this with 9f81c3d7e2b64a05',
    'placeholder 9f81c3d7e2b64a05bd73',
    'example secret 9f81c3d7e2b64a05',
    'at least 32 characters 9f81c3d7e2b6',
    'minimum of 32 bytes 9f81c3d7e2b64a05',
    '32 chars minimum 9f81c3d7e2b64a05',
    'my super secret key that is long enough for hmac',
    'development secret key for testing 1234567890',
  ]
  it.each(placeholders)('%s', (text) => {
    for (const joint of [' ', '-', '_', '.', '', '__'])
      expect(isPublicSecret(text.replaceAll(' ', joint))).toBe(true)
    expect(isPublicSecret(text.toUpperCase())).toBe(true)
    const inCamelCase = text.replace(/ (\w)/g, (_space, letter: string) => letter.toUpperCase())
    expect(isPublicSecret(inCamelCase)).toBe(true)
  })
})

it.each([
  ['one character', 'a'.repeat(64)],
  ['four characters', 'aaaaaaaabbbbbbbbccccccccdddddddd'],
  ['nine characters', 'gibdaefchbigfadcehdabgicfhebacdgi'],
  ['six hexadecimal digits', '500253143502145302410352412053140253'],
  ['the beginning, again and again', '0123456701234567012345670123456701'],
  ['a long beginning, twice', 'kV8dWq2zRt5mXc7bkV8dWq2zRt5mXc7b'],
  ['the alphabet', 'abcdefghijklmnopqrstuvwxyz012345'],
  ['a row of keys', 'qwertyuiopasdfghjklzxcvbnm1234567890'],
  ['nothing', ' '.repeat(32)],
])('takes for public what is made of %s', (_what, secret) => {
  expect(isPublicSecret(secret)).toBe(true)
})

describe('leaves alone', () => {
  it.each([
    ['hexadecimal', () => randomBytes(32).toString('hex')],
    ['short hexadecimal', () => randomBytes(16).toString('hex')],
    ['base64', () => randomBytes(32).toString('base64')],
    ['short base64', () => randomBytes(24).toString('base64')],
    ['base64url', () => randomBytes(48).toString('base64url')],
    ['a UUID', () => randomUUID()],
  ])('2 000 random secrets in %s', (_form, make) => {
    expect(Array.from({ length: 2000 }, make).filter(isPublicSecret)).toEqual([])
  })

  it('hexadecimal digits that chance made few', () => {
    expect(isPublicSecret('9f9081c31f8c3fa9c8f1389c1f938c91')).toBe(false)
    expect(isPublicSecret('zxzxklkwzkxlwzkxwlzkxwkzlxwkzlxw')).toBe(true)
  })

  it('random secrets that a person gave a name', () => {
    const letters = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
    const random = fc
      .string({ unit: letters, minLength: 32, maxLength: 64 })
      .filter((text) => new Set(text.toLowerCase()).size >= 14)
    const name = fc.constantFrom('tasklane-jwt-secret-', 'prod_signing_key:', 'my super secret ', '')
    fc.assert(fc.property(name, random, (before, secret) => !isPublicSecret(before + secret)))
  })

  it.each([
    'a secret that only the tests know, and of 32 bytes',
    'a secret that has more than 32 bytes',
    'replacement-exchange-of-correct-horses-42',
    'staple battery correct horse exchange itself',
  ])('a sentence of its own: %s', (secret) => {
    expect(isPublicSecret(secret)).toBe(false)
  })
})

describe('the list', () => {
  it('is sorted, of 8 bytes each, and without doubles', () => {
    const entries = [...digests]
    expect(entries.length).toBeGreaterThanOrEqual(475)
    expect(entries).toEqual([...entries].sort())
    for (const entry of entries) {
      expect(Buffer.from(entry, 'base64')).toHaveLength(8)
      expect(Buffer.from(entry, 'base64').toString('base64')).toBe(entry)
    }
  })

  it('has entries as its comment says they are made', () => {
    const command = 'printf %s "$0" | tr A-Z a-z | openssl dgst -sha256 -binary | head -c 8 | base64'
    const made = execFileSync('sh', ['-c', command, 'MasterkeyNeedsToHave32Characters'], { encoding: 'utf8' })
    expect(digests.has(made.trim())).toBe(true)
  })
})
