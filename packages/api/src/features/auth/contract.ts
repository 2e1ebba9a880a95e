import { z } from 'zod'
import { Count } from '../../json-form.ts'
import { opaque, text } from '../../text.ts'
import {
  accountLimits,
  ConfirmPassword,
  Email,
  examplePassword,
  Name,
  Password,
  User,
  Username,
} from '../../user.ts'

const exampleRefreshToken = 'the refresh_token of the last answer'

export const Tokens = z
  .object({
    accessToken: z
      .string()
      .describe('JWT for `Authorization: Bearer …`.')
      .meta({ examples: ['eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTg5In0.c2ln'] }),
    refreshToken: z
      .string()
      .describe('Opaque, good for one use.')
      .meta({ examples: [exampleRefreshToken] }),
    expiresIn: Count.describe('Seconds until the access token expires. RFC 6749 §5.1.').meta({
      examples: [900],
    }),
    tokenType: z.literal('Bearer'),
  })
  .meta({ id: 'Tokens' })
export type Tokens = z.infer<typeof Tokens>

export const SignedIn = Tokens.extend({ user: User }).meta({ id: 'SignedIn' })
export type SignedIn = z.infer<typeof SignedIn>

export const SignUp = z
  .strictObject({
    email: Email,
    password: Password,
    confirmPassword: ConfirmPassword.optional().describe(
      'May be left out. Otherwise it has to be the password again.',
    ),
    username: Username.optional(),
    name: Name.optional(),
  })
  .meta({
    examples: [
      { email: 'ada@example.com', password: examplePassword, username: 'ada', name: 'Ada Lovelace' },
      { email: 'ada@example.com', password: examplePassword },
    ],
  })
export type SignUp = z.infer<typeof SignUp>

export const LogIn = z
  .strictObject({
    usernameOrEmail: text({ lengthMin: 1, lengthMax: accountLimits.emailLengthMax })
      .trim()
      .normalize('NFC')
      .toLowerCase(),
    password: Password,
  })
  .meta({ examples: [{ usernameOrEmail: 'ada@example.com', password: examplePassword }] })
export type LogIn = z.infer<typeof LogIn>

export const Refresh = z
  .strictObject({ refreshToken: opaque({ lengthMin: 1, lengthMax: 512 }) })
  .meta({ examples: [{ refreshToken: exampleRefreshToken }] })
export type Refresh = z.infer<typeof Refresh>

/** `message` says what was done. */
export const LoggedOut = z.object({ message: z.string() })

export const LoggedOutEverywhere = LoggedOut.extend({
  sessions: Count.describe('How many sessions were ended.'),
})
