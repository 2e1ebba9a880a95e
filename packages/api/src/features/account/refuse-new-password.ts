import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { refuseWeakPassword } from '../../passwords/password-rules.ts'
import type { UserRow } from './queries.ts'

interface NewPassword {
  user: UserRow
  newPassword: string
  confirmPassword?: string | undefined
}

/** @throws AppError `PASSWORD_MISMATCH` or `PASSWORD_TOO_WEAK`. */
export function refuseNewPassword(ctx: Context, { user, newPassword, confirmPassword }: NewPassword): void {
  if (confirmPassword !== undefined && confirmPassword !== newPassword)
    throw new AppError('PASSWORD_MISMATCH')
  refuseWeakPassword(newPassword, ctx.passwordRules, user)
}
