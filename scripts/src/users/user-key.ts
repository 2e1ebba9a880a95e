import type { UserKey } from '@tasklane/api'
import { Email, Username } from '@tasklane/api/contract'
import { validate as isUuid } from 'uuid'

/** How a user was named: no username has `@`, or the length of an id. Undefined for what no user is named. */
export function userKeyOf(name: string): UserKey | undefined {
  if (isUuid(name)) return { id: name }
  if (name.includes('@')) {
    const email = Email.safeParse(name)
    return email.success ? { email: email.data } : undefined
  }
  const username = Username.safeParse(name)
  return username.success ? { username: username.data } : undefined
}
