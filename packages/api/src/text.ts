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
  const problemOf: Problem = (value, all) => contentProblem(value) ?? lengthProblem(value, all)
  return checked(bounds, problemOf).meta({ ...lengths(bounds), pattern: storablePattern })
}

/** The same for what is only compared and never stored: whatever it contains. */
export function opaque(bounds: TextBounds) {
  return checked(bounds, lengthProblem).meta(lengths(bounds))
}

type Problem = (value: string, bounds: Required<TextBounds>) => string | undefined

/** Aborts: what is changed afterwards is short, as Unicode normalisation takes quadratic time. */
function checked({ lengthMin = 0, lengthMax }: TextBounds, problemOf: Problem) {
  return z.string().check(({ value, issues }) => {
    const message = problemOf(value, { lengthMin, lengthMax })
    if (message !== undefined) issues.push({ code: 'custom', input: value, message })
  })
}

/** For JSON Schema, which counts code points too. */
function lengths({ lengthMin = 0, lengthMax }: TextBounds) {
  return { ...(lengthMin > 0 && { minLength: lengthMin }), maxLength: lengthMax }
}

/** What `contentProblem` refuses, for JSON Schema. */
const storablePattern = '^(?!\\uFEFF)[^\\u0000\\uD800-\\uDFFF]*$'

function contentProblem(value: string): string | undefined {
  if (value.includes('\0')) return 'Must not contain NUL (U+0000)'
  if (!value.isWellFormed()) return 'Must not contain half of a surrogate pair'
  if (value.startsWith('\ufeff')) return 'Must not start with a byte order mark (U+FEFF)'
  return undefined
}

function lengthProblem(value: string, { lengthMin, lengthMax }: Required<TextBounds>): string | undefined {
  if (value.length < 2 * lengthMin && codePoints(value) < lengthMin)
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
