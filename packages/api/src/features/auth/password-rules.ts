import { AppError } from '../../errors.ts'
import { codePoints } from '../../text.ts'

export interface PasswordRules {
  /** Code points. Default 8. */
  lengthMin: number
  /** Whether upper case, lower case and a digit are asked for. Default true. */
  composition: boolean
}

/** @throws AppError `PASSWORD_TOO_WEAK`, naming the rule that failed. */
export function refuseWeakPassword(password: string, { lengthMin, composition }: PasswordRules): void {
  const normalized = password.normalize('NFC')
  const failed = [
    codePoints(normalized) < lengthMin && `at least ${lengthMin} characters`,
    composition && !/\p{Lu}/u.test(normalized) && 'an upper-case letter',
    composition && !/\p{Ll}/u.test(normalized) && 'a lower-case letter',
    composition && !/\p{Nd}/u.test(normalized) && 'a digit',
  ].filter((rule) => rule !== false)
  if (failed.length > 0) {
    throw new AppError('PASSWORD_TOO_WEAK', { message: `The password needs ${failed.join(', ')}` })
  }
}
