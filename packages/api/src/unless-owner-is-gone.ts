import { violatedConstraint } from '@tasklane/db'
import { AppError } from './errors.ts'

/**
 * What a write gives that names its owner.
 *
 * @throws AppError `TOKEN_INVALID` when the account was deleted in the meantime.
 */
export async function unlessOwnerIsGone<T>(write: Promise<T>): Promise<T> {
  return await write.catch((error: unknown) => {
    const isOwnerGone = violatedConstraint(error)?.endsWith('_user_id_users_id_fk')
    throw isOwnerGone ? new AppError('TOKEN_INVALID', { cause: error }) : error
  })
}
