import { AppError } from '../errors.ts'
import { codePoints } from '../text.ts'
import { fold, isCommonPassword } from './common-passwords.ts'

export interface PasswordRules {
  /** Code points of the NFC form. Default 8. */
  lengthMin: number
  /** Whether upper case, lower case and a digit are asked for. Default true. */
  composition: boolean
}

/** Whose password it is to be. */
export interface PasswordOwner {
  username?: string | null | undefined
  email?: string | null | undefined
}

/** Shorter names are part of too many good passwords. */
const nameLengthMin = 4

/**
 * Refuses a password that is short, of one kind of letters, common, or holds its owner's name: the username,
 * or what is before the `@` of the email, in any case. A name of fewer than 4 characters may be part of it.
 *
 * @throws AppError `PASSWORD_TOO_WEAK`, naming every rule that failed; of a short one not that it is common.
 */
export function refuseWeakPassword(password: string, rules: PasswordRules, owner: PasswordOwner): void {
  const isShort = codePoints(password.normalize('NFC')) < rules.lengthMin
  const missing = [
    isShort && `at least ${rules.lengthMin} characters`,
    ...(rules.composition ? missingKinds(password.normalize('NFC')) : []),
  ].filter((part) => part !== false)
  const failed = [
    missing.length > 0 && `The password needs ${missing.join(', ')}`,
    !isShort && isCommonPassword(password) && 'The password is too common',
    holdsName(password, owner.username) && 'The password must not contain your username',
    holdsName(password, owner.email?.replace(/@[^@]*$/, '')) &&
      'The password must not contain your email name',
  ].filter((sentence) => sentence !== false)
  if (failed.length > 0) throw new AppError('PASSWORD_TOO_WEAK', { message: failed.join('. ') })
}

function missingKinds(password: string) {
  return [
    !/\p{Lu}/u.test(password) && 'an upper-case letter',
    !/\p{Ll}/u.test(password) && 'a lower-case letter',
    !/\p{Nd}/u.test(password) && 'a digit',
  ]
}

function holdsName(password: string, name: string | null | undefined): boolean {
  return name != null && codePoints(name) >= nameLengthMin && fold(password).includes(fold(name))
}
