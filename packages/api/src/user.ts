import { z } from 'zod'
import { bounded, storable, text } from './text.ts'

/** Limits of an account's fields. Lengths in code points. */
export const accountLimits = {
  /** RFC 5321 §4.5.3.1.3. */
  emailLengthMax: 254,
  usernameLengthMin: 3,
  usernameLengthMax: 32,
  nameLengthMax: 200,
  passwordLengthMax: 256,
} as const

/** Trimmed, in NFC and lower case: the one form that is stored and compared. */
export const Email = storable(bounded(accountLimits.emailLengthMax).trim().normalize('NFC').toLowerCase(), {
  lengthMin: 3,
  lengthMax: accountLimits.emailLengthMax,
}).regex(z.regexes.email, 'Must be an email address')

/** Lower-cased. Never contains `@`, so it is never taken for an email. */
export const Username = storable(bounded(accountLimits.usernameLengthMax).toLowerCase(), {
  lengthMin: accountLimits.usernameLengthMin,
  lengthMax: accountLimits.usernameLengthMax,
}).regex(/^[a-z0-9_.-]*$/, 'May contain letters a-z, digits, "_", "." and "-"')

export const Name = text({ lengthMin: 1, lengthMax: accountLimits.nameLengthMax })
export const Password = text({ lengthMin: 1, lengthMax: accountLimits.passwordLengthMax })

export const User = z.object({
  id: z.string(),
  email: z.string().nullable(),
  username: z.string().nullable(),
  name: z.string().nullable(),
  avatarUrl: z.string().nullable(),
  emailVerified: z.boolean(),
  createdAt: z.date(),
  updatedAt: z.date(),
  lastLoginAt: z.date().nullable(),
})
export type User = z.infer<typeof User>
