import { expect, it } from 'vitest'
import { userKeyOf } from './user-key.ts'

it.each([
  [' Ada@Example.com', { email: 'ada@example.com' }],
  ['Ada.L', { username: 'ada.l' }],
  ['01A1FAF4-0000-7000-8000-000000000000', { id: '01A1FAF4-0000-7000-8000-000000000000' }],
  // A username may be an id without its hyphens.
  ['01a1faf4000070008000000000000000', { username: '01a1faf4000070008000000000000000' }],
])('takes %j for what it is', (name, key) => {
  expect(userKeyOf(name)).toEqual(key)
})

it.each(['', 'al', 'ada@', 'not a name', 'a\u0000@b.c', '01a1faf4-0000-7000-8000-00000000000g'])(
  'knows that no user is named %j',
  (name) => {
    expect(userKeyOf(name)).toBeUndefined()
  },
)
