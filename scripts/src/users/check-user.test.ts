import { expect, it } from 'vitest'
import { argon2idHash } from '../fixtures/stored-hashes.ts'
import { checkUser } from './check-user.ts'
import type { UserFields } from './user-row.ts'

it('gives emails and usernames their one form, and keeps the rest as it was', () => {
  const fields = {
    email: ' Ada@Example.COM ',
    username: 'Ada.L',
    name: ' Ada  Lovelace ',
    passwordHash: argon2idHash,
    emailVerified: true,
    createdAt: '2019-12-31T23:30:00.5-02:00',
  }
  expect(checkUser(fields)).toEqual({
    user: {
      ...fields,
      email: 'ada@example.com',
      username: 'ada.l',
      createdAt: new Date('2020-01-01T01:30:00.500Z'),
    },
  })
})

it('takes what is empty as absent', () => {
  const empty = { email: '', name: '', passwordHash: '', createdAt: '' }
  expect(checkUser({ ...empty, username: 'ada' })).toEqual({
    user: {
      email: null,
      username: 'ada',
      name: null,
      passwordHash: null,
      emailVerified: false,
      createdAt: undefined,
    },
  })
})

it.each<[string, UserFields, RegExp]>([
  ['neither email nor username', { name: 'Ada' }, /^row: needs an email or a username$/],
  ['an email that is none', { email: 'ada' }, /^email: Must be an email address, of 254 characters at most$/],
  [
    'an email with NUL',
    { email: 'a\0@example.com' },
    /^email: Must be an email address, of 254 characters at most$/,
  ],
  ['a short username', { username: 'al' }, /^username: Must have at least 3 characters$/],
  ['a username that looks like an email', { username: 'a@b.c' }, /^username: May contain letters/],
  ['a reserved username', { username: 'Admin' }, /^username: this name is reserved$/],
  ['a name with half a surrogate pair', { username: 'ada', name: '\ud800' }, /^name: Must not contain half/],
  ['a long name', { username: 'ada', name: 'x'.repeat(201) }, /^name: Must have at most 200/],
  [
    'a time without an offset',
    { username: 'ada', createdAt: '2020-01-01 00:00:00' },
    /^createdAt: Must be an instant with an offset/,
  ],
  [
    'a verified email that is not there',
    { username: 'ada', emailVerified: true },
    /^emailVerified: there is no email$/,
  ],
  ['two faults', { email: 'ada', name: '\0' }, /^email: [^;]+; name: Must not contain NUL[^;]*$/],
])('refuses %s', (_, fields, problem) => {
  expect(checkUser(fields)).toEqual({ problem: expect.stringMatching(problem) })
})

it('says which hashes it takes, and nothing of the one it was given', () => {
  const problem = 'problem' in checkUser({ username: 'ada', passwordHash: 'md5$secret' })
  expect(problem).toBe(true)
  expect(JSON.stringify(checkUser({ username: 'ada', passwordHash: 'md5$secret' }))).not.toContain('secret')
  expect(checkUser({ username: 'ada', passwordHash: 'md5$secret' })).toEqual({
    problem: expect.stringMatching(/^passwordHash: must be argon2id \(.*\) or bcrypt \(/),
  })
})
