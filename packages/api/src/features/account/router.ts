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
    .input(UpdateProfile)
    .output(User)
    .mutation(({ ctx, input }) => updateProfile(ctx, { ...input, userId: ctx.principal.userId })),

  changeEmail: personProcedure
    .input(ChangeEmail)
    .output(Done)
    .mutation(({ ctx, input }) => changeEmail(ctx, { ...input, userId: ctx.principal.userId })),

  requestEmailVerification: personProcedure
    .input(Nothing)
    .output(Done)
    .mutation(({ ctx }) => requestEmailVerification(ctx, ctx.principal)),

  verifyEmail: publicProcedure
    .input(VerifyEmail)
    .output(Done)
    .mutation(({ ctx, input }) => verifyEmail(ctx, input)),

  changePassword: personProcedure
    .input(ChangePassword)
    .output(PasswordChanged)
    .mutation(({ ctx, input }) => changePassword(ctx, { ...input, principal: ctx.principal })),

  requestPasswordReset: publicProcedure
    .input(RequestPasswordReset)
    .output(Done)
    .mutation(({ ctx, input }) => requestPasswordReset(ctx, input)),

  resetPassword: publicProcedure
    .input(ResetPassword)
    .output(Done)
    .mutation(({ ctx, input }) => resetPassword(ctx, input)),

  /** For good. */
  deleteAccount: personProcedure
    .input(DeleteAccount)
    .output(Done)
    .mutation(({ ctx, input }) => deleteAccount(ctx, { ...input, userId: ctx.principal.userId })),

  exportData: personProcedure
    .input(ExportData)
    .output(ExportedData)
    .query(({ ctx, input }) => exportData(ctx, { ...input, userId: ctx.principal.userId })),

  events: personProcedure
    .input(ListEvents)
    .output(EventList)
    .query(({ ctx, input }) => listEvents(ctx, { ...input, userId: ctx.principal.userId })),
}
