import { z } from 'zod'
import { bounded } from '../../text.ts'
import { accountLimits, Email, Name, Password, User, Username } from '../../user.ts'

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
export const UpdateProfile = z.strictObject({
  name: Name.nullable().optional(),
  username: Username.nullable().optional(),
})
export type UpdateProfile = z.infer<typeof UpdateProfile>

/** Needed where the account has a password. */
const CurrentPassword = Password.optional()
/** May be left out. Otherwise it has to be the new password again. */
const ConfirmPassword = bounded(accountLimits.passwordLengthMax).optional()
const MailToken = z.string().min(1).max(512)
const Cursor = z.string().min(1).max(512).optional()

/** The account keeps its address until the link in the mail is used. */
export const ChangeEmail = z.strictObject({ email: Email, currentPassword: CurrentPassword })
export type ChangeEmail = z.infer<typeof ChangeEmail>

export const VerifyEmail = z.strictObject({ token: MailToken })
export type VerifyEmail = z.infer<typeof VerifyEmail>

export const ChangePassword = z.strictObject({
  currentPassword: Password,
  newPassword: Password,
  confirmPassword: ConfirmPassword,
})
export type ChangePassword = z.infer<typeof ChangePassword>

export const PasswordChanged = Done.extend({
  /** How many other sessions were ended. */
  sessions: z.number(),
})
export type PasswordChanged = z.infer<typeof PasswordChanged>

export const RequestPasswordReset = z.strictObject({ email: Email })
export type RequestPasswordReset = z.infer<typeof RequestPasswordReset>

export const ResetPassword = z.strictObject({
  token: MailToken,
  newPassword: Password,
  confirmPassword: ConfirmPassword,
})
export type ResetPassword = z.infer<typeof ResetPassword>

export const DeleteAccount = z.strictObject({ currentPassword: CurrentPassword }).prefault({})
export type DeleteAccount = z.infer<typeof DeleteAccount>

export const ListEvents = z
  .strictObject({
    limit: z.int().min(1).max(accountPageLimits.eventsMax).default(accountPageLimits.eventsDefault),
    /** `nextCursor` of the page before. */
    cursor: Cursor,
  })
  .prefault({})
export type ListEvents = z.infer<typeof ListEvents>

/** What happened at the gate to this account, and from where. */
export const AccountEvent = z.object({
  id: z.string(),
  /** Such as `log_in`. */
  type: z.string(),
  success: z.boolean(),
  failureReason: z.string().nullable(),
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  /** How many refused calls it stands for. */
  count: z.number(),
  createdAt: z.date(),
})
export type AccountEvent = z.infer<typeof AccountEvent>

/** Newest first. */
export const EventList = z.object({
  events: z.array(AccountEvent),
  /** Null on the last page. */
  nextCursor: z.string().nullable(),
})
export type EventList = z.infer<typeof EventList>

export const ExportData = z
  .strictObject({
    /** `nextCursor` of the page before. */
    cursor: Cursor,
  })
  .prefault({})
export type ExportData = z.infer<typeof ExportData>

const ExportedIdentity = z.object({
  issuer: z.string(),
  subject: z.string(),
  createdAt: z.date(),
})

const ExportedSession = z.object({
  id: z.string(),
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  createdAt: z.date(),
  refreshedAt: z.date(),
  expiresAt: z.date(),
  endsAt: z.date(),
  revokedAt: z.date().nullable(),
})

const ExportedApiToken = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.enum(['read', 'write']),
  createdAt: z.date(),
  expiresAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
  revokedAt: z.date().nullable(),
})

const ExportedTask = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  completed: z.boolean(),
  completedAt: z.date().nullable(),
  priority: z.enum(['low', 'medium', 'high', 'urgent']).nullable(),
  dueDate: z.string().nullable(),
  tags: z.array(z.string()),
  version: z.number(),
  createdAt: z.date(),
  updatedAt: z.date(),
  /** When it was moved to the trash. */
  deletedAt: z.date().nullable(),
})

export const ExportedData = z.object({
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
  /** By id, those in the trash too. */
  tasks: z.array(ExportedTask),
  /** Null on the last page. */
  nextCursor: z.string().nullable(),
})
export type ExportedData = z.infer<typeof ExportedData>
