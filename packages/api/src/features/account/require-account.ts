import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { getAccount, type UserRow } from './queries.ts'

/**
 * The caller's own account, as it is now.
 *
 * @throws AppError `TOKEN_INVALID` when it is gone or may not sign in.
 */
export async function requireAccount(ctx: Context, userId: string): Promise<UserRow> {
  const user = await getAccount(ctx.db, userId)
  if (!user) throw new AppError('TOKEN_INVALID')
  return user
}
