import { AppError } from './errors.ts'

/** Names that would pass for ours or for a word of a URL. */
const reservedUsernames = new Set(
  'admin administrator anonymous api auth help me null root security support system tasklane undefined'.split(
    ' ',
  ),
)

/** @throws AppError `USERNAME_RESERVED`. */
export function refuseReservedUsername(username: string | null | undefined): void {
  if (username && reservedUsernames.has(username)) throw new AppError('USERNAME_RESERVED')
}
