import { parseArgs } from 'node:util'
import {
  createSystemContext,
  recheckForeignSeconds,
  recheckSeconds,
  setUser,
  type UserSet,
} from '@tasklane/api'
import { tables } from '@tasklane/db'
import { readEnv } from '@tasklane/server/env'
import { placeOf } from '../database/embedded.ts'
import { withBackend } from '../database/with-backend.ts'
import { CommandError, UsageError } from '../problems.ts'
import type { Program } from '../run-program.ts'
import { printable, type Terminal } from '../terminal.ts'
import { userKeyOf } from './user-key.ts'

const usage = `usage: npm run set-user -- <email, username or id> [--role user|admin] [--active true|false]

Sets the role of a user, or whether it may sign in, in the database of the settings; in the embedded one
only while no server has it open. Deactivating ends every session of the user.

  --role <role>      user or admin. Nothing else gives a role.
  --active <answer>  true or false.`

const options = { role: { type: 'string' }, active: { type: 'string' } } as const
const roles = tables.userRole.enumValues

export const setUserProgram: Program = { usage, run }

async function run(args: string[], { stdout }: Terminal): Promise<boolean> {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const [name, ...others] = positionals
  if (!name || others.length > 0) throw new UsageError('Give one email, username or id.')
  const role = roles.find((each) => each === values.role)
  if (values.role !== undefined && !role) throw new UsageError(`--role is ${roles.join(' or ')}.`)
  const isActive = isActiveOf(values.active)
  if (role === undefined && isActive === undefined) throw new UsageError('Give --role or --active.')

  const env = readEnv()
  const user = userKeyOf(name)
  const set =
    user && (await withBackend(env, (all) => setUser(createSystemContext(all), { user, role, isActive })))
  if (!set) {
    throw new CommandError(
      `There is no user "${printable(name)}" in ${placeOf(env)}. ` +
        'Give the email, username or id as the account has it now; an account is made by signing up.',
    )
  }
  stdout.write(`${describeSet(set)}\n`)
  return true
}

function isActiveOf(given: string | undefined): boolean | undefined {
  if (given === undefined) return undefined
  if (given !== 'true' && given !== 'false') throw new UsageError('--active is true or false.')
  return given === 'true'
}

/** What was, and what is now. */
export function describeSet({ before, after }: UserSet): string {
  const { id, email, username } = after
  const user = `${[email, username].filter((name) => name !== null).join(', ') || '(no name)'}, ${id}`
  const changes = [
    ...(before.role === after.role ? [] : [`  role    ${before.role} → ${after.role}`]),
    ...(before.isActive === after.isActive ? [] : [`  active  ${before.isActive} → ${after.isActive}`]),
  ]
  if (changes.length === 0)
    return `Nothing changed for ${user}:\n  role    ${after.role}\n  active  ${after.isActive}`
  const isSignedOut = before.isActive && !after.isActive
  return [
    `Changed ${user}:`,
    ...changes,
    ...(isSignedOut
      ? [
          `Every session is ended. A running server notices within ${recheckSeconds} seconds, ` +
            `or ${recheckForeignSeconds} for tokens of another issuer.`,
        ]
      : []),
  ].join('\n')
}
