import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { jsonSchema } from './describe-procedures.ts'
import { CreateTask, DueDate } from './features/tasks/contract.ts'
import { Instant } from './instant.ts'
import { text } from './text.ts'
import { Email, Name, Username } from './user.ts'

/** What JSON Schema says of a string: its pattern, as ECMA-262 with `u`, and its length in code points. */
function allows(schema: z.ZodType, value: string): boolean {
  const { type, pattern, allOf = [], minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schemaOf(schema)
  expect(type).toBe('string')
  const patterns = [pattern, ...allOf.map((each) => each.pattern)].filter((each) => each !== undefined)
  const length = [...value].length
  return (
    patterns.length > 0 &&
    patterns.every((each) => new RegExp(each, 'u').test(value)) &&
    length >= minLength &&
    length <= maxLength
  )
}

interface StringSchema {
  type?: string
  pattern?: string
  allOf?: { pattern?: string }[]
  minLength?: number
  maxLength?: number
}

const schemas = new Map<z.ZodType, StringSchema>()
function schemaOf(schema: z.ZodType): StringSchema {
  const known = schemas.get(schema) ?? (jsonSchema(schema, { io: 'input', definitions: {} }) as StringSchema)
  schemas.set(schema, known)
  return known
}

const units = fc
  .array(fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 0x0a, 0xd83e, 0xdd86, 0xd800, 0xfeff, 0x212a, 0x130)), {
    maxLength: 12,
  })
  .map((codes) => String.fromCharCode(...codes))
const word = fc.stringMatching(/^[A-Za-z0-9_.+'-]{0,12}$/)
const space = fc.constantFrom('', ' ', '\t', '\n', '\u00a0', '\ufeff', '\u2003', '\u180e', '\u200b')
const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`))
const year = fc.oneof(digits(4), fc.constantFrom('0000', '0001', '1900', '2000', '2024', '9999'))
const day = fc
  .tuple(year, fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }))
  .map(([y, m, d]) => `${y}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`)
const time = fc
  .tuple(fc.integer({ min: 0, max: 25 }), fc.constantFrom('00', '30', '59', '60'), fc.nat(60))
  .map(([h, m, s]) => `${String(h).padStart(2, '0')}:${m}:${String(s).padStart(2, '0')}`)
const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{0,11}$/))
const offset = fc.constantFrom('Z', 'z', '', '+00:00', '-00:00', '+23:59', '-24:00', '+05:60', '+0530', ' Z')
const instant = fc
  .tuple(day, fc.constantFrom('T', 't', ' ', ''), time, fraction, offset)
  .map((parts) => parts.join(''))

const title = CreateTask.shape.title
const short = text({ lengthMin: 2, lengthMax: 4 })

/** Fields whose schema says exactly what is accepted. */
const exact: Record<string, { schema: z.ZodType; values: fc.Arbitrary<string> }> = {
  title: {
    schema: title,
    values: fc.oneof(
      units,
      fc.nat(502).map((length) => '🎉'.repeat(length)),
    ),
  },
  name: {
    schema: Name,
    values: fc.oneof(
      units,
      fc.nat(202).map((length) => 'é'.repeat(length)),
    ),
  },
  'text of two to four': {
    schema: short,
    values: fc.oneof(units, fc.string({ unit: 'binary', maxLength: 6 })),
  },
  username: {
    schema: Username,
    values: fc.oneof(
      units,
      word,
      fc.nat(34).map((length) => 'U'.repeat(length)),
      fc.tuple(word, fc.constantFrom('K', 'ı', 'İ', 'ſ', '@', ' ', '\n')).map((parts) => parts.join('')),
    ),
  },
  email: {
    schema: Email,
    values: fc.oneof(
      units,
      fc
        .tuple(
          space,
          word,
          fc.constantFrom('@', '@@', ''),
          word,
          fc.constantFrom('.org', '.é', '.', ''),
          space,
        )
        .map((parts) => parts.join('')),
      fc.integer({ min: 240, max: 260 }).map((length) => `${'e'.repeat(length - 12)}@example.org`),
      fc.integer({ min: 700, max: 1100 }).map((length) => `${' '.repeat(length)}ada@example.org`),
    ),
  },
  'due date': {
    schema: DueDate,
    values: fc.oneof(
      units,
      day,
      fc.tuple(space, day, space).map((parts) => parts.join('')),
    ),
  },
}

describe('the JSON Schema', () => {
  it.each(Object.entries(exact))('of a %s allows what is accepted, and nothing else', (_name, field) => {
    const { schema, values } = field
    const seen = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(values, (value) => {
        const { success } = schema.safeParse(value)
        seen[success ? 'accepted' : 'refused']++
        expect(allows(schema, value), JSON.stringify(value)).toBe(success)
      }),
      { numRuns: 3000 },
    )
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(50)
  })

  it('of an instant allows nothing that is refused, but for days that a month does not have', () => {
    let allowed = 0
    fc.assert(
      fc.property(instant, (value) => {
        const isDay = DueDate.safeParse(value.slice(0, 10)).success
        if (!allows(Instant, value) || !isDay) return
        allowed++
        expect(Instant.safeParse(value).success, value).toBe(true)
      }),
      { numRuns: 5000 },
    )
    expect(allowed).toBeGreaterThan(50)
  })

  it('of an instant allows all that is accepted, but for offsets in the first and the last year', () => {
    let accepted = 0
    fc.assert(
      fc.property(instant, (value) => {
        if (!Instant.safeParse(value).success) return
        if (/^(0001|9999).*[+-]\d\d:\d\d$/.test(value)) return
        accepted++
        expect(allows(Instant, value), value).toBe(true)
      }),
      { numRuns: 5000 },
    )
    expect(accepted).toBeGreaterThan(50)
  })

  it.each<[string, z.ZodType, string]>([
    ['the longest title', title, '🎉'.repeat(500)],
    ['a byte order mark inside', title, 'a\ufeff'],
    ['white space around an email', Email, ' \n ada@example.org\t'],
    ['the longest email', Email, `${'e'.repeat(242)}@example.org`],
    ['the leap day', DueDate, '2024-02-29'],
    ['the first instant', Instant, '0001-01-01T00:00:00Z'],
  ])('allows what is accepted: %s', (_what, schema, value) => {
    expect(schema.safeParse(value).success).toBe(true)
    expect(allows(schema, value)).toBe(true)
  })

  it.each<[string, z.ZodType, string]>([
    ['a title too long by one', title, '🎉'.repeat(501)],
    ['a title with half of a pair', title, 'a\ud83e'],
    ['halves in the wrong order', title, '\udd86\ud83e'],
    ['a byte order mark first', title, '\ufeffa'],
    ['NUL', title, 'a\0'],
    ['a line break at the end of a username', Username, 'ada\n'],
    ['the Kelvin sign in a username', Username, '\u212aelvin'],
    ['an email too long by one', Email, `${'e'.repeat(243)}@example.org`],
    ['no leap day', DueDate, '1900-02-29'],
    ['the year 0', DueDate, '0000-01-01'],
    ['a leap second', Instant, '2016-12-31T23:59:60Z'],
    ['an instant without an offset', Instant, '2026-01-01T00:00:00'],
  ])('allows nothing of what is refused: %s', (_what, schema, value) => {
    expect(schema.safeParse(value).success).toBe(false)
    expect(allows(schema, value)).toBe(false)
  })
})
