import { z } from 'zod'

/** Bounds of a text in Unicode code points, as PostgreSQL and JSON Schema count them. */
export interface TextBounds {
  lengthMin?: number
  lengthMax: number
}

/**
 * Text that survives storage byte for byte: no NUL, no lone surrogate, no leading byte order mark
 * (the embedded PostgreSQL drops it when read), bounded in code points.
 */
export function text(bounds: TextBounds) {
  return storable(z.string(), bounds)
}

/**
 * A string that is short enough to be changed before it is checked: Unicode normalisation takes
 * quadratic time. Leaves room for white space that is trimmed and for decomposed letters.
 */
export function bounded(lengthMax: number) {
  return z.string().max(lengthMax * 4, { error: `Must have at most ${lengthMax} characters`, abort: true })
}

/** The same for a string that was already changed, such as lower-cased. */
export function storable(base: z.ZodString, { lengthMin = 0, lengthMax }: TextBounds) {
  return base
    .check(({ value, issues }) => {
      const problem = problemOf(value, { lengthMin, lengthMax })
      if (problem) issues.push({ code: 'custom', input: value, message: problem })
    })
    .meta({ minLength: lengthMin, maxLength: lengthMax })
}

function problemOf(value: string, { lengthMin, lengthMax }: Required<TextBounds>): string | undefined {
  if (value.includes('\0')) return 'Must not contain NUL (U+0000)'
  if (!value.isWellFormed()) return 'Must not contain half of a surrogate pair'
  if (value.startsWith('\ufeff')) return 'Must not start with a byte order mark (U+FEFF)'
  if (value.length < lengthMin)
    return `Must have at least ${lengthMin} character${lengthMin === 1 ? '' : 's'}`
  if (value.length > lengthMax && codePoints(value) > lengthMax)
    return `Must have at most ${lengthMax} characters`
  return undefined
}

/** The length of a text in code points. */
export function codePoints(value: string): number {
  let count = 0
  for (const _ of value) count++
  return count
}
