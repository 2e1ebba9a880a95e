import { createTestBackend, type TestBackend } from '@tasklane/api/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { argon2idHash, bcryptHash, hashedPassword } from '../fixtures/stored-hashes.ts'
import { isStoredHash } from './stored-hash.ts'

let backend: TestBackend

beforeAll(async () => {
  backend = await createTestBackend()
})
afterAll(() => backend.close())

const verified = (hash: string) => backend.dependencies.hasher.verify(hash, hashedPassword)

it.each([
  ['bcrypt as $2b$', bcryptHash],
  ['bcrypt as $2a$', bcryptHash.replace('$2b$', '$2a$')],
  ['bcrypt as $2y$', bcryptHash.replace('$2b$', '$2y$')],
  ['bcrypt of the highest cost', '$2b$13$abcdefghijklmnopqrstuuaNLaQO/ZHvvFfjFSTDpQL.4GjDXqkQ.'],
  ['argon2id as this server makes it', argon2idHash],
  [
    'argon2id of the most memory',
    '$argon2id$v=19$m=65536,t=1,p=1$BlN58kGCyMCLH/OP8extSQ$OLRgo/9gd45jD/DgFGm36IqHT70cPqT6vt7b5SGYpEA',
  ],
  [
    'argon2id of the most passes and lanes',
    '$argon2id$v=19$m=1024,t=10,p=4$qwKzu1XwZjIjsH9Rwx+2Pw$w9mGvkYTXApXqR57XZcQrhqSSWt8n0kHZLWV+MtmvJU',
  ],
  ['the shortest argon2id', '$argon2id$v=19$m=1024,t=1,p=1$AQEBAQEBAQE$1sNHxFgM1Pgk3oxtHKHwkg'],
  [
    'the longest argon2id',
    '$argon2id$v=19$m=1024,t=1,p=1$AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB$' +
      'EB5iS+CTVpcXetJHsZ5/UDJSjafaS2PboVxq4eTitfDeZbJJdjr+ZAzABrOfmaw8Kxd0X4KC71OkN6hNKyRmQQ',
  ],
])('takes %s, and the server verifies by it', async (_, hash) => {
  expect(isStoredHash(hash)).toBe(true)
  expect(await verified(hash)).toBe(true)
})

it.each([
  ['bcrypt of too high a cost', '$2b$14$abcdefghijklmnopqrstuuJ6rfeq/f.vfNScHZsfqFZLvUayc0hk2'],
  ['bcrypt of too low a cost', bcryptHash.replace('$04$', '$03$')],
  ['bcrypt with a cost of one digit', bcryptHash.replace('$04$', '$4$')],
  ['bcrypt as $2x$', bcryptHash.replace('$2b$', '$2x$')],
  ['bcrypt that is cut off', bcryptHash.slice(0, -1)],
  ['bcrypt with a space after it', `${bcryptHash} `],
  ['bcrypt with spare bits in its salt', bcryptHash.replace('uuoV', 'uvoV')],
  ['bcrypt with spare bits in its hash', bcryptHash.replace('.La.', '.La/')],
  [
    'argon2id of too much memory',
    '$argon2id$v=19$m=65537,t=1,p=1$sVJniPsZgw6RTRC67RnwaA$+UNMqCaogs/NF1z5gAVG2lRNjIwgee4tDmRm6qzQQsM',
  ],
  ['argon2id of too many passes', argon2idHash.replace('t=2', 't=11')],
  ['argon2id of too many lanes', argon2idHash.replace('p=1', 'p=5')],
  ['argon2id of no pass', argon2idHash.replace('t=2', 't=0')],
  [
    'argon2id of less memory than its lanes need',
    '$argon2id$v=19$m=8,t=1,p=4$AQEBAQEBAQE$AQEBAQEBAQEBAQEBAQEBAQ',
  ],
  ['argon2id of an older version', argon2idHash.replace('v=19', 'v=16')],
  ['argon2id that is cut off', argon2idHash.slice(0, -10)],
  ['argon2id with spare bits', argon2idHash.replace(/.$/, 'F')],
  ['argon2i', argon2idHash.replace('argon2id', 'argon2i')],
  ['SHA-512', '$6$abcdefgh$7bAs4VyJ5JpuXZHqFvZ8'],
  ['PBKDF2', 'pbkdf2_sha256$600000$abcdefgh$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI='],
  ['what marks an account without one', '!'],
  ['a password', hashedPassword],
])('refuses %s, and the server would not verify by it', async (_, hash) => {
  expect(isStoredHash(hash)).toBe(false)
  expect(await verified(hash)).toBe(false)
})
