import { z } from 'zod'
import { Id } from './json-form.ts'
import { opaque, text } from './text.ts'

/** Limits of an account's fields. Lengths in code points. */
export const accountLimits = {
  /** RFC 5321 §4.5.3.1.3. */
  emailLengthMax: 254,
  usernameLengthMin: 3,
  usernameLengthMax: 32,
  nameLengthMax: 200,
  passwordLengthMax: 256,
} as const

/** An address of up to 254 characters, which may have white space around it. */
const emailPattern = new RegExp(
  `^\\s*(?=\\S{3,${accountLimits.emailLengthMax}}\\s*$)${z.regexes.email.source.replace(/^\^|\$$/g, '')}\\s*$`,
)

/** Trimmed, in NFC and lower case: the one form that is stored and compared. */
export const Email = opaque({ lengthMax: accountLimits.emailLengthMax * 4 })
  .regex(emailPattern, 'Must be an email address, of 254 characters at most')
  .trim()
  .normalize('NFC')
  .toLowerCase()
  .meta({ examples: ['ada@example.com'] })

/** Lower-cased. Never contains `@`, so it is never taken for an email. */
export const Username = opaque({
  lengthMin: accountLimits.usernameLengthMin,
  lengthMax: accountLimits.usernameLengthMax,
})
  .regex(/^[A-Za-z0-9_.-]*$/, 'May contain letters a-z, digits, "_", "." and "-"')
  .toLowerCase()
  .meta({ examples: ['ada'] })

export const Name = text({ lengthMin: 1, lengthMax: accountLimits.nameLengthMax })
/** For the examples. */
export const examplePassword = 'Seven-Kettles-1'

export const Password = text({ lengthMin: 1, lengthMax: accountLimits.passwordLengthMax })
/** Longer than any password, so that a slip says that the two differ. */
export const ConfirmPassword = opaque({ lengthMax: accountLimits.passwordLengthMax * 4 })

export const User = z
  .object({
    id: Id,
    email: z.string().nullable(),
    username: z.string().nullable(),
    name: z.string().nullable(),
    avatarUrl: z.string().nullable(),
    emailVerified: z.boolean(),
    createdAt: z.date(),
    updatedAt: z.date(),
    lastLoginAt: z.date().nullable(),
  })
  .meta({
    id: 'User',
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8000',
        email: 'ada@example.com',
        username: 'ada',
        name: 'Ada Lovelace',
        avatarUrl: null,
        emailVerified: true,
        createdAt: '2026-12-01T08:00:00.000Z',
        updatedAt: '2026-12-01T08:00:00.000Z',
        lastLoginAt: '2026-12-20T17:30:00.000Z',
      },
    ],
  })
export type User = z.infer<typeof User>
