import { expect } from 'vitest'
import { crowded, onceMore } from './auth-cases.ts'
import { badInput, calledByAnybodyWith, calledWith, type Prepare, type Table } from './case.ts'
import { userAgent } from './scene.ts'
import { milk, taskOwner } from './task-cases.ts'

const updatingTo =
  (input: object, answer: object = input): Prepare =>
  async (scene) => ({ by: await scene.person(), input, answer })

const changingEmail =
  (changes: object = {}): Prepare =>
  async (scene) => {
    const by = await scene.person()
    const input = { email: `new-${by.email}`, currentPassword: by.password, ...changes }
    return { by, input, answer: { message: 'Open the link that was sent to the new address' } }
  }

const askingForVerification: Prepare = async (scene) => ({
  by: await scene.person(),
  answer: { message: 'Open the link that was sent to your address' },
})

/** The link went to an address that somebody else has by now, or to one of one's own. */
const verifying =
  (whose: 'own' | 'taken'): Prepare =>
  async (scene) => {
    const person = await scene.person()
    const { email } = whose === 'own' ? person : await scene.person()
    const token = await scene.mailToken('verify_email', { id: person.id, email })
    return { input: { token }, answer: { message: 'The email address is confirmed' } }
  }

export const accountTable: Table = {
  'auth.updateProfile': {
    access: 'person',
    works: updatingTo({ name: 'Grace' }),
    alsoWorks: { 'where a field is cleared': updatingTo({ name: null, username: null }) },
    refused: [
      badInput('a name that is none', { username: 'a b' }),
      {
        ...{ kind: 'conflict', reason: 'USERNAME_TAKEN' },
        prepare: async (scene) => ({
          ...{ by: await scene.bystander(), input: { username: (await scene.person()).username } },
        }),
      },
      { kind: 'refused', reason: 'USERNAME_RESERVED', prepare: calledWith({ username: 'root' }) },
      {
        ...{ kind: 'refused', reason: 'IDENTIFIER_REQUIRED' },
        prepare: async (scene) => ({
          ...{ by: await scene.person({ email: null }), input: { username: null } },
        }),
      },
    ],
  },

  'auth.changeEmail': {
    access: 'person',
    works: changingEmail(),
    alsoWorks: {
      'and does not tell that somebody has the address': async (scene) =>
        await changingEmail({ email: (await scene.person()).email })(scene),
    },
    refused: [
      badInput('an address that is none', { email: 'ada@' }),
      {
        ...{ kind: 'refused', reason: 'PASSWORD_WRONG' },
        prepare: changingEmail({ currentPassword: 'Wrong-Horse-1' }),
      },
      { kind: 'refused', reason: 'MAIL_UNAVAILABLE', on: 'mailless', prepare: changingEmail() },
      ...crowded('auth.changeEmail', changingEmail()),
    ],
  },

  'auth.requestEmailVerification': {
    access: 'person',
    works: askingForVerification,
    refused: [
      { kind: 'refused', reason: 'MAIL_UNAVAILABLE', on: 'mailless', prepare: askingForVerification },
      {
        ...{ kind: 'too many', reason: 'RATE_LIMITED', on: 'crowded' },
        prepare: onceMore('auth.requestEmailVerification', askingForVerification),
      },
    ],
  },

  'auth.verifyEmail': {
    access: 'anybody',
    works: verifying('own'),
    refused: [
      { ...badInput('no token', {}), prepare: calledByAnybodyWith({}) },
      {
        ...{ kind: 'refused', reason: 'MAIL_TOKEN_INVALID' },
        prepare: calledByAnybodyWith({ token: 'nonsense' }),
      },
      { kind: 'conflict', reason: 'EMAIL_TAKEN', prepare: verifying('taken') },
    ],
  },

  'auth.exportData': {
    access: 'person',
    works: async (scene) => {
      const { by, id } = await taskOwner(scene)
      const { id: userId, email, sessionId } = by
      const account = {
        user: { id: userId, email },
        sessions: [{ id: sessionId, revokedAt: null }],
        ...{ identities: [], apiTokens: [] },
        events: [{ type: 'data_export', ipAddress: scene.ipAddress, userAgent }],
      }
      return { by, answer: { account, tasks: [{ id, ...milk }], nextCursor: null } }
    },
    refused: [
      badInput('an empty cursor', { cursor: '' }),
      { kind: 'refused', reason: 'CURSOR_INVALID', prepare: calledWith({ cursor: 'nonsense' }) },
    ],
  },

  'auth.events': {
    access: 'person',
    works: async (scene) => {
      const by = await scene.person()
      await scene.call('auth.updateProfile', { name: 'Grace' }, by)
      await scene.call('auth.updateProfile', { name: 'Edith' }, by)
      const events = [{ type: 'profile_update', ipAddress: scene.ipAddress, userAgent, success: true }]
      return { by, input: { limit: 1 }, answer: { events, nextCursor: expect.any(String) } }
    },
    refused: [
      badInput('a page without room', { limit: 0 }),
      { kind: 'refused', reason: 'CURSOR_INVALID', prepare: calledWith({ cursor: 'nonsense' }) },
    ],
  },
}
