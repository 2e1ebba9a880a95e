import { testPassword } from '@tasklane/api/testing'
import { expect } from 'vitest'
import {
  badInput as badInputOfPerson,
  calledByAnybodyWith,
  type Prepare,
  type Refused,
  type Table,
} from './case.ts'
import type { Person } from './crowd.ts'

const badInput = (what: string, input: object): Refused => ({
  ...badInputOfPerson(what, input),
  prepare: calledByAnybodyWith(input),
})

let newcomers = 0

/** What nobody has yet. */
function newcomer() {
  const username = `newcomer-${++newcomers}`
  return { username, email: `${username}@example.com`, password: testPassword, name: 'Ada' }
}

const signingUp =
  (changes: object = {}): Prepare =>
  async () => ({ input: { ...newcomer(), ...changes } })

/** With a name that somebody has. */
const signingUpAs =
  (field: 'email' | 'username'): Prepare =>
  async (scene) => ({ input: { ...newcomer(), [field]: (await scene.person())[field] } })

const loggingIn =
  (changes: object, nameOf = ({ email }: Person) => email): Prepare =>
  async (scene) => {
    const person = await scene.person()
    const { id, email, password } = person
    const answer = { tokenType: 'Bearer', expiresIn: 900, user: { id, email, lastLoginAt: expect.any(Date) } }
    return { input: { usernameOrEmail: nameOf(person), password, ...changes }, answer }
  }

/** The first attempt is taken through the door that the case is run at. */
export const onceMore =
  (procedure: string, prepare: Prepare): Prepare =>
  async (scene) => {
    const { input = {}, ...prepared } = await prepare(scene)
    await scene.call(procedure, input, prepared.by)
    return { ...prepared, input }
  }

export const crowded = (procedure: string, prepare: Prepare): Refused[] => [
  { kind: 'refused', reason: 'TOO_BUSY', on: 'crowded', prepare },
  { kind: 'too many', reason: 'RATE_LIMITED', on: 'crowded', prepare: onceMore(procedure, prepare) },
]

export const authTable: Table = {
  'auth.signUp': {
    access: 'anybody',
    works: async () => {
      const { password, ...user } = newcomer()
      const input = { ...user, email: ` ${user.email.toUpperCase()} `, password, confirmPassword: password }
      return { input, answer: { tokenType: 'Bearer', user: { ...user, emailVerified: false } } }
    },
    refused: [
      badInput('an address that is none', { email: 'ada', password: testPassword }),
      { kind: 'conflict', what: 'a taken email', reason: 'EMAIL_TAKEN', prepare: signingUpAs('email') },
      { kind: 'conflict', what: 'a taken name', reason: 'USERNAME_TAKEN', prepare: signingUpAs('username') },
      { kind: 'refused', reason: 'USERNAME_RESERVED', prepare: signingUp({ username: 'Admin' }) },
      { kind: 'refused', reason: 'PASSWORD_TOO_WEAK', prepare: signingUp({ password: 'milk' }) },
      { kind: 'refused', reason: 'PASSWORD_MISMATCH', prepare: signingUp({ confirmPassword: 'Other-1' }) },
      ...crowded('auth.signUp', signingUp()),
    ],
  },

  'auth.logIn': {
    access: 'anybody',
    works: loggingIn({}),
    alsoWorks: { 'by the username': loggingIn({}, ({ username }) => username.toUpperCase()) },
    refused: [
      badInput('no password', { usernameOrEmail: 'ada' }),
      { kind: 'refused', reason: 'CREDENTIALS_INVALID', prepare: loggingIn({ password: 'Wrong-Horse-1' }) },
      ...crowded('auth.logIn', loggingIn({})),
    ],
  },

  'auth.refresh': {
    access: 'anybody',
    works: async (scene) => ({
      input: { refreshToken: (await scene.person()).refreshToken },
      answer: { tokenType: 'Bearer', expiresIn: 900 },
    }),
    refused: [
      badInput('an empty token', { refreshToken: '' }),
      {
        ...{ kind: 'refused', reason: 'REFRESH_TOKEN_INVALID' },
        prepare: calledByAnybodyWith({ refreshToken: 'nonsense' }),
      },
      {
        ...{ kind: 'too many', reason: 'RATE_LIMITED', on: 'crowded' },
        prepare: async (scene) => {
          const { refreshToken } = await scene.person()
          const next = (await scene.call('auth.refresh', { refreshToken })) as { refreshToken: string }
          return { input: { refreshToken: next.refreshToken } }
        },
      },
    ],
  },

  'auth.logOut': {
    access: 'session',
    works: async (scene) => ({ by: await scene.person(), answer: { message: 'Logged out' } }),
    refused: [],
  },

  'auth.logOutEverywhere': {
    access: 'person',
    works: async (scene) => {
      const by = await scene.person()
      await scene.startSession(by.id)
      return { by, answer: { message: 'Logged out everywhere', sessions: 2 } }
    },
    refused: [],
  },

  'auth.me': {
    access: 'signed_in',
    works: async (scene) => {
      const by = await scene.person()
      const { id, email, username } = by
      return { by, answer: { id, email, username, name: 'Ada', emailVerified: false, lastLoginAt: null } }
    },
    refused: [],
  },
}
