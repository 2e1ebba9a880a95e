import { keyed } from '../../idempotency/keyed.ts'
import { Nothing } from '../../nothing.ts'
import { personProcedure, publicProcedure } from '../../trpc.ts'
import { User } from '../../user.ts'
import { changePassword } from './change-password.ts'
import {
  ChangeEmail,
  ChangePassword,
  DeleteAccount,
  Done,
  EventList,
  ExportData,
  ExportedData,
  ListEvents,
  PasswordChanged,
  RequestPasswordReset,
  ResetPassword,
  UpdateProfile,
  VerifyEmail,
} from './contract.ts'
import { deleteAccount } from './delete-account.ts'
import { exportData } from './export-data.ts'
import { listEvents } from './list-events.ts'
import { requestPasswordReset } from './request-password-reset.ts'
import { changeEmail, requestEmailVerification } from './request-verification.ts'
import { resetPassword } from './reset-password.ts'
import { updateProfile } from './update-profile.ts'
import { verifyEmail } from './verify-email.ts'

/** What users do with their own account. Served under `auth`. */
export const accountProcedures = {
  updateProfile: personProcedure
    .meta({
      errors: ['USERNAME_TAKEN', 'USERNAME_RESERVED', 'IDENTIFIER_REQUIRED'],
      isKeyed: true,
      changes: ['auth'],
      rest: {
        ...{ method: 'PATCH', path: '/auth/me' },
        summary: 'Change name and username',
        description: 'A field that is absent stays as it is; `null` clears it.',
      },
    })
    .input(UpdateProfile)
    .output(User)
    .mutation(
      keyed((ctx, input: UpdateProfile) => updateProfile(ctx, { ...input, userId: ctx.principal.userId })),
    ),

  changeEmail: personProcedure
    .meta({
      errors: ['PASSWORD_WRONG', 'RATE_LIMITED', 'MAIL_UNAVAILABLE', 'TOO_BUSY'],
      isKeyed: true,
      changes: ['auth.events', 'auth.exportData'],
      rest: {
        ...{ method: 'POST', path: '/auth/change-email' },
        summary: 'Change the email address',
        description: 'The new address gets a link. The old one stays until it is used.',
      },
    })
    .input(ChangeEmail)
    .output(Done)
    .mutation(({ ctx, input, path }) => changeEmail(ctx, { ...input, userId: ctx.principal.userId, path })),

  requestEmailVerification: personProcedure
    .meta({
      errors: ['RATE_LIMITED', 'MAIL_UNAVAILABLE'],
      isKeyed: true,
      changes: ['auth.events', 'auth.exportData'],
      rest: {
        ...{ method: 'POST', path: '/auth/request-email-verification' },
        summary: 'Have the email address verified',
      },
    })
    .input(Nothing)
    .output(Done)
    .mutation(({ ctx, path }) => requestEmailVerification(ctx, { userId: ctx.principal.userId, path })),

  verifyEmail: publicProcedure
    .meta({
      errors: ['MAIL_TOKEN_INVALID', 'EMAIL_TAKEN'],
      changes: ['auth'],
      rest: {
        ...{ method: 'POST', path: '/auth/verify-email' },
        summary: 'Confirm an email address by the link that it got',
      },
    })
    .input(VerifyEmail)
    .output(Done)
    .mutation(({ ctx, input }) => verifyEmail(ctx, input)),

  changePassword: personProcedure
    .meta({
      errors: [
        'PASSWORD_WRONG',
        'PASSWORD_NOT_SET',
        'PASSWORD_TOO_WEAK',
        'PASSWORD_MISMATCH',
        'RATE_LIMITED',
        'TOO_BUSY',
      ],
      isKeyed: true,
      changes: ['auth', 'sessions'],
      rest: {
        ...{ method: 'POST', path: '/auth/change-password' },
        summary: 'Change the password',
        description: 'Ends the other sessions.',
      },
    })
    .input(ChangePassword)
    .output(PasswordChanged)
    .mutation(({ ctx, input, path }) => changePassword(ctx, { ...input, principal: ctx.principal, path })),

  requestPasswordReset: publicProcedure
    .meta({
      errors: ['RATE_LIMITED', 'MAIL_UNAVAILABLE'],
      changes: ['auth.events', 'auth.exportData'],
      rest: {
        ...{ method: 'POST', path: '/auth/request-password-reset' },
        summary: 'Ask for a link that sets a new password',
        description: 'The answer is the same for every address.',
      },
    })
    .input(RequestPasswordReset)
    .output(Done)
    .mutation(({ ctx, input }) => requestPasswordReset(ctx, input)),

  resetPassword: publicProcedure
    .meta({
      errors: ['MAIL_TOKEN_INVALID', 'PASSWORD_TOO_WEAK', 'PASSWORD_MISMATCH', 'RATE_LIMITED', 'TOO_BUSY'],
      changes: ['auth', 'sessions', 'tokens'],
      rest: {
        ...{ method: 'POST', path: '/auth/reset-password' },
        summary: 'Set a new password by the link',
        description: 'Ends every session and API token.',
      },
    })
    .input(ResetPassword)
    .output(Done)
    .mutation(({ ctx, input }) => resetPassword(ctx, input)),

  /** For good. */
  deleteAccount: personProcedure
    .meta({
      errors: ['PASSWORD_WRONG', 'RATE_LIMITED', 'TOO_BUSY'],
      changes: ['auth', 'sessions', 'tasks', 'tokens'],
      rest: {
        ...{ method: 'POST', path: '/auth/delete-account' },
        summary: 'Delete the account and everything in it',
      },
    })
    .input(DeleteAccount)
    .output(Done)
    .mutation(({ ctx, input }) => deleteAccount(ctx, { ...input, userId: ctx.principal.userId })),

  exportData: personProcedure
    .meta({
      errors: ['CURSOR_INVALID'],
      rest: {
        ...{ method: 'GET', path: '/auth/export' },
        summary: 'Everything that is stored of the account, page by page',
      },
    })
    .input(ExportData)
    .output(ExportedData)
    .query(({ ctx, input }) => exportData(ctx, { ...input, userId: ctx.principal.userId })),

  events: personProcedure
    .meta({
      errors: ['CURSOR_INVALID'],
      rest: {
        ...{ method: 'GET', path: '/auth/events' },
        summary: 'What happened at the gate to this account',
      },
    })
    .input(ListEvents)
    .output(EventList)
    .query(({ ctx, input }) => listEvents(ctx, { ...input, userId: ctx.principal.userId })),
}
