import { z } from 'zod'
import { bounded, storable, text } from '../../text.ts'

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

const Name = text({ lengthMin: 1, lengthMax: accountLimits.nameLengthMax })
const Password = text({ lengthMin: 1, lengthMax: accountLimits.passwordLengthMax })

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

export const Tokens = z.object({
  /** JWT for `Authorization: Bearer …`. */
  accessToken: z.string(),
  /** Opaque, good for one use. */
  refreshToken: z.string(),
  /** Seconds until the access token expires. RFC 6749 §5.1. */
  expiresIn: z.number(),
  tokenType: z.literal('Bearer'),
})
export type Tokens = z.infer<typeof Tokens>

export const SignedIn = Tokens.extend({ user: User })
export type SignedIn = z.infer<typeof SignedIn>

export const SignUp = z.strictObject({
  email: Email,
  password: Password,
  confirmPassword: bounded(accountLimits.passwordLengthMax).optional(),
  username: Username.optional(),
  name: Name.optional(),
})
export type SignUp = z.infer<typeof SignUp>

export const LogIn = z.strictObject({
  usernameOrEmail: storable(bounded(accountLimits.emailLengthMax).trim().normalize('NFC').toLowerCase(), {
    lengthMin: 1,
    lengthMax: accountLimits.emailLengthMax,
  }),
  password: Password,
})
export type LogIn = z.infer<typeof LogIn>

export const Refresh = z.strictObject({ refreshToken: z.string().min(1).max(512) })
export type Refresh = z.infer<typeof Refresh>

export const LoggedOut = z.object({ message: z.string() })
