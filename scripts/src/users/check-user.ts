import { AppError, type ImportedUser, Instant, refuseReservedUsername } from '@tasklane/api'
import { Email, Name, Username } from '@tasklane/api/contract'
import { isStoredHash, storedHashExpected } from './stored-hash.ts'
import type { UserFields } from './user-row.ts'

/** A user to import, or everything that is wrong with it. */
export type CheckedUser = { user: Omit<ImportedUser, 'id'> } | { problem: string }

interface Contract<Output> {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: { issues: { message: string }[] } }
}

/** Checks an account as sign-up would, but for the password: only its hash is known. */
export function checkUser(fields: UserFields): CheckedUser {
  const problems: string[] = []

  function read<Output>(field: keyof UserFields, contract: Contract<Output>): Output | undefined {
    const value = fields[field]
    if (value === undefined || value === '') return undefined
    const parsed = contract.safeParse(value)
    if (parsed.success) return parsed.data
    problems.push(`${field}: ${parsed.error.issues.map(({ message }) => message).join(', ')}`)
    return undefined
  }

  const { emailVerified = false, passwordHash } = fields
  const user = {
    email: read('email', Email) ?? null,
    username: read('username', Username) ?? null,
    name: read('name', Name) ?? null,
    passwordHash: passwordHash || null,
    emailVerified,
    createdAt: read('createdAt', Instant),
  }
  if (isReserved(user.username)) problems.push('username: this name is reserved')
  if (user.passwordHash !== null && !isStoredHash(user.passwordHash))
    problems.push(`passwordHash: ${storedHashExpected}`)
  if (!fields.email && !fields.username) problems.push('row: needs an email or a username')
  if (emailVerified && !fields.email) problems.push('emailVerified: there is no email')
  return problems.length > 0 ? { problem: problems.join('; ') } : { user }
}

function isReserved(username: string | null): boolean {
  try {
    refuseReservedUsername(username)
    return false
  } catch (error) {
    if (error instanceof AppError) return true
    throw error
  }
}
