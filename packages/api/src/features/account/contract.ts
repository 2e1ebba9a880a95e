import { z } from 'zod'
import { Count, Day, Id } from '../../json-form.ts'
import { opaque } from '../../text.ts'
import { ConfirmPassword, Email, examplePassword, Name, Password, User, Username } from '../../user.ts'

/** Limits of what an account can read of itself. */
export const accountPageLimits = {
  eventsMax: 100,
  eventsDefault: 50,
  /** Tasks on a page of an export. */
  exportedTasks: 200,
  /** Rows of each other kind in an export, the newest. */
  exportedRowsMax: 10_000,
} as const

/** `message` says what was done. */
export const Done = z.object({ message: z.string() })
export type Done = z.infer<typeof Done>

/** A field that is absent stays as it is; `null` clears it. */
export const UpdateProfile = z
  .strictObject({
    name: Name.nullable().optional(),
    username: Username.nullable().optional(),
  })
  .prefault({})
  .meta({ examples: [{ name: 'Ada Lovelace' }, { username: null }] })
export type UpdateProfile = z.infer<typeof UpdateProfile>

/** Needed where the account has a password. */
const CurrentPassword = Password.optional()
const exampleNewPassword = 'Eleven-Herons-2'
const MailToken = opaque({ lengthMin: 1, lengthMax: 512 })
const exampleMailToken = 'the token of the link in the mail'
const Cursor = opaque({ lengthMin: 1, lengthMax: 512 }).optional()

/** The account keeps its address until the link in the mail is used. */
export const ChangeEmail = z
  .strictObject({ email: Email, currentPassword: CurrentPassword })
  .meta({ examples: [{ email: 'countess@example.com', currentPassword: examplePassword }] })
export type ChangeEmail = z.infer<typeof ChangeEmail>

export const VerifyEmail = z
  .strictObject({ token: MailToken })
  .meta({ examples: [{ token: exampleMailToken }] })
export type VerifyEmail = z.infer<typeof VerifyEmail>

export const ChangePassword = z
  .strictObject({
    currentPassword: Password,
    newPassword: Password,
    confirmPassword: ConfirmPassword.optional().describe(
      'May be left out. Otherwise it has to be the new password again.',
    ),
  })
  .meta({ examples: [{ currentPassword: examplePassword, newPassword: exampleNewPassword }] })
export type ChangePassword = z.infer<typeof ChangePassword>

export const PasswordChanged = Done.extend({
  sessions: Count.describe('How many other sessions were ended.'),
})
export type PasswordChanged = z.infer<typeof PasswordChanged>

export const RequestPasswordReset = z
  .strictObject({ email: Email })
  .meta({ examples: [{ email: 'ada@example.com' }] })
export type RequestPasswordReset = z.infer<typeof RequestPasswordReset>

export const ResetPassword = z
  .strictObject({
    token: MailToken,
    newPassword: Password,
    confirmPassword: ConfirmPassword.optional().describe(
      'May be left out. Otherwise it has to be the new password again.',
    ),
  })
  .meta({ examples: [{ token: exampleMailToken, newPassword: exampleNewPassword }] })
export type ResetPassword = z.infer<typeof ResetPassword>

export const DeleteAccount = z
  .strictObject({ currentPassword: CurrentPassword })
  .meta({ examples: [{ currentPassword: examplePassword }] })
  .prefault({})
export type DeleteAccount = z.infer<typeof DeleteAccount>

export const ListEvents = z
  .strictObject({
    limit: z.int().min(1).max(accountPageLimits.eventsMax).default(accountPageLimits.eventsDefault),
    cursor: Cursor.describe('`nextCursor` of the page before.'),
  })
  .prefault({})
export type ListEvents = z.infer<typeof ListEvents>

/** What happened at the gate to this account, and from where. */
export const AccountEvent = z
  .object({
    id: Id,
    type: z.string().describe('Such as `log_in`.'),
    success: z.boolean(),
    failureReason: z.string().nullable(),
    ipAddress: z.string().nullable(),
    userAgent: z.string().nullable(),
    count: Count.describe('How many refused calls it stands for.'),
    createdAt: z.date(),
  })
  .meta({ id: 'AccountEvent' })
export type AccountEvent = z.infer<typeof AccountEvent>

/** Newest first. */
export const EventList = z.object({
  events: z.array(AccountEvent),
  nextCursor: z.string().nullable().describe('Null on the last page.'),
})
export type EventList = z.infer<typeof EventList>

export const ExportData = z
  .strictObject({
    cursor: Cursor.describe('`nextCursor` of the page before.'),
  })
  .prefault({})
export type ExportData = z.infer<typeof ExportData>

const ExportedIdentity = z.object({
  issuer: z.string(),
  subject: z.string(),
  createdAt: z.date(),
})

const ExportedSession = z.object({
  id: Id,
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  createdAt: z.date(),
  refreshedAt: z.date(),
  expiresAt: z.date(),
  endsAt: z.date(),
  revokedAt: z.date().nullable(),
})

const ExportedApiToken = z.object({
  id: Id,
  name: z.string(),
  scopes: z.enum(['read', 'write']),
  createdAt: z.date(),
  expiresAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
  revokedAt: z.date().nullable(),
})

const ExportedTask = z.object({
  id: Id,
  title: z.string(),
  description: z.string().nullable(),
  completed: z.boolean(),
  completedAt: z.date().nullable(),
  priority: z.enum(['low', 'medium', 'high', 'urgent']).nullable(),
  dueDate: Day.nullable(),
  tags: z.array(z.string()),
  version: Count,
  createdAt: z.date(),
  updatedAt: z.date(),
  deletedAt: z.date().nullable().describe('When it was moved to the trash.'),
})

export const ExportedData = z
  .object({
    /** On the first page. */
    account: z
      .object({
        user: User,
        identities: z.array(ExportedIdentity),
        sessions: z.array(ExportedSession),
        apiTokens: z.array(ExportedApiToken),
        events: z.array(AccountEvent),
      })
      .optional(),
    tasks: z.array(ExportedTask).describe('By id, those in the trash too.'),
    nextCursor: z.string().nullable().describe('Null on the last page.'),
  })
  .meta({ id: 'ExportedData' })
export type ExportedData = z.infer<typeof ExportedData>
