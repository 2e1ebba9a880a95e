import { type Row, type RowShape, text, trueOrFalse } from '../rows/row.ts'

/** What of an account a file can bring, as it was read. */
export interface UserFields {
  email?: string
  username?: string
  name?: string
  passwordHash?: string
  emailVerified?: boolean
  createdAt?: string
}

export type UserRow = Row<UserFields>

export const userShape: RowShape<UserFields> = {
  kinds: {
    email: text,
    username: text,
    name: text,
    passwordHash: text,
    emailVerified: trueOrFalse,
    createdAt: text,
  },
  oneOf: ['email', 'username'],
}
