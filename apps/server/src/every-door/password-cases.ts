import { crowded, onceMore } from './auth-cases.ts'
import { badInput, calledByAnybodyWith, type Prepare, type Table } from './case.ts'

const newPassword = 'Better-Horse-2'

const changingPassword =
  (changes: object = {}): Prepare =>
  async (scene) => {
    const by = await scene.person()
    await scene.startSession(by.id)
    const input = { currentPassword: by.password, newPassword, ...changes }
    return { by, input, answer: { message: 'Password changed', sessions: 1 } }
  }

const resetting =
  (changes: object = {}): Prepare =>
  async (scene) => {
    const token = await scene.mailToken('reset_password', await scene.person())
    const input = { token, newPassword, confirmPassword: newPassword, ...changes }
    return { input, answer: { message: 'Password changed. Log in with it' } }
  }

const askingForReset: Prepare = async (scene) => ({
  input: { email: (await scene.person()).email },
  answer: { message: 'If an account has this address, a link was sent to it' },
})

const deletingAccount =
  (changes: object = {}): Prepare =>
  async (scene) => {
    const by = await scene.person()
    const input = { currentPassword: by.password, ...changes }
    return { by, input, answer: { message: 'Account deleted' } }
  }

const weak = { newPassword: 'milk' }
const different = { confirmPassword: 'Other-Horse-3' }
const wrong = { currentPassword: 'Wrong-Horse-1' }

export const passwordTable: Table = {
  'auth.changePassword': {
    access: 'person',
    works: changingPassword(),
    refused: [
      badInput('no new password', wrong),
      { kind: 'refused', reason: 'PASSWORD_WRONG', prepare: changingPassword(wrong) },
      { kind: 'refused', reason: 'PASSWORD_TOO_WEAK', prepare: changingPassword(weak) },
      { kind: 'refused', reason: 'PASSWORD_MISMATCH', prepare: changingPassword(different) },
      {
        ...{ kind: 'conflict', what: 'who has none', reason: 'PASSWORD_NOT_SET' },
        prepare: async (scene) => ({ token: await scene.issuerToken(), input: { ...wrong, newPassword } }),
      },
      ...crowded('auth.changePassword', changingPassword()),
    ],
  },

  'auth.requestPasswordReset': {
    access: 'anybody',
    works: askingForReset,
    refused: [
      { ...badInput('no address', {}), prepare: calledByAnybodyWith({}) },
      { kind: 'refused', reason: 'MAIL_UNAVAILABLE', on: 'mailless', prepare: askingForReset },
      {
        ...{ kind: 'too many', reason: 'RATE_LIMITED', on: 'crowded' },
        prepare: onceMore('auth.requestPasswordReset', askingForReset),
      },
    ],
  },

  'auth.resetPassword': {
    access: 'anybody',
    works: resetting(),
    refused: [
      { ...badInput('no token', { newPassword }), prepare: calledByAnybodyWith({ newPassword }) },
      { kind: 'refused', reason: 'MAIL_TOKEN_INVALID', prepare: resetting({ token: 'nonsense' }) },
      {
        kind: 'refused',
        reason: 'PASSWORD_TOO_WEAK',
        prepare: resetting({ ...weak, confirmPassword: 'milk' }),
      },
      { kind: 'refused', reason: 'PASSWORD_MISMATCH', prepare: resetting(different) },
      ...crowded('auth.resetPassword', resetting()),
    ],
  },

  'auth.deleteAccount': {
    access: 'person',
    works: deletingAccount(),
    refused: [
      badInput('an empty password', { currentPassword: '' }),
      { kind: 'refused', reason: 'PASSWORD_WRONG', prepare: deletingAccount(wrong) },
      ...crowded('auth.deleteAccount', deletingAccount()),
    ],
  },
}
