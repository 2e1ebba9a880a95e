import { dictionary } from '@zxcvbn-ts/language-common'

/** Upper case, because it folds letters without regard to those beside them; lower case does not (ς, σ). */
export const fold = (text: string) => text.normalize('NFC').toUpperCase()

const common = new Set(dictionary['passwords-common'].map(fold))

/**
 * Whether a password is one of the 49 000 most common ones, or one of them with digits and symbols after it:
 * `Password123!` is `password`. Digits and symbols alone are compared as a whole.
 */
export function isCommonPassword(password: string): boolean {
  const folded = fold(password)
  const letters = folded.replace(/[^\p{L}\p{M}]+$/u, '')
  const shortest = letters.length || folded.length
  for (let length = shortest; length <= folded.length; length++) {
    if (common.has(folded.slice(0, length))) return true
  }
  return false
}
