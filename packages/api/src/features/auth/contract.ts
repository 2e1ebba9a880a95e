import { z } from 'zod'
import { bounded, storable } from '../../text.ts'
import { accountLimits, Email, Name, Password, User, Username } from '../../user.ts'

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

/** `message` says what was done. */
export const LoggedOut = z.object({ message: z.string() })

export const LoggedOutEverywhere = LoggedOut.extend({
  /** How many sessions were ended. */
  sessions: z.number(),
})
