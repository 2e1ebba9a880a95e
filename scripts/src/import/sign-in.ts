import { reasonOf, type TasklaneClient } from '@tasklane/client'
import { CommandError } from '../problems.ts'
import { describe } from './send-rows.ts'

export interface Account {
  /** Username or email. */
  user: string
  password: string
  /** Create the account when there is none. `user` must be an email then. */
  signUp: boolean
}

/** @throws CommandError when the server does not let this account in. */
export async function signIn(client: TasklaneClient, { user, password, signUp }: Account): Promise<void> {
  try {
    await client.auth.logIn.mutate({ usernameOrEmail: user, password })
  } catch (error) {
    if (reasonOf(error) !== 'CREDENTIALS_INVALID') throw new CommandError(`Log-in failed: ${describe(error)}`)
    if (!signUp) throw new CommandError(`${describe(error)}. --sign-up makes a new account.`)
    await createAccount(client, { email: user, password })
  }
}

async function createAccount(client: TasklaneClient, account: { email: string; password: string }) {
  try {
    await client.auth.signUp.mutate(account)
  } catch (error) {
    if (reasonOf(error) !== 'EMAIL_TAKEN') throw new CommandError(`Sign-up failed: ${describe(error)}`)
    throw new CommandError(`There is an account for ${account.email}, and this is not its password.`)
  }
}
