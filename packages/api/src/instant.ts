import { z } from 'zod'
import { jsonForms } from './json-form.ts'

const shape = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/
const clock = '-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])[Tt]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?'
const offset = '[+-]([01]\\d|2[0-3]):[0-5]\\d'
/** For JSON Schema. In the first and the last year an offset could lead out of them. */
const pattern = `^((?!0000|0001|9999)\\d{4}${clock}([Zz]|${offset})|(0001|9999)${clock}[Zz])$`
const expected = 'Must be an instant with an offset, such as 2026-01-31T12:00:00Z'
const earliest = new Date('0001-01-01T00:00:00.000Z')
const latest = new Date('9999-12-31T23:59:59.999Z')

/**
 * A point in time, in milliseconds: a `Date`, or RFC 3339 text, whose offset is required and whose
 * further digits are dropped. Years 0001 to 9999 in UTC. No leap seconds: a `Date` has none.
 */
export const Instant = z
  .union([z.date(), z.string()], { error: expected })
  .transform((value, ctx) => {
    const instant = typeof value === 'string' ? parseInstant(value) : value
    if (instant && instant >= earliest && instant <= latest) return instant
    const message = instant ? 'Must be in the years 0001 to 9999' : expected
    ctx.issues.push({ code: 'custom', input: value, message })
    return z.NEVER
  })
  .register(jsonForms, { type: 'string', format: 'date-time', pattern, examples: ['2026-12-24T12:00:00Z'] })
export type Instant = z.infer<typeof Instant>

function parseInstant(value: string): Date | undefined {
  const [, clock, fraction = '', offset] = shape.exec(value.toUpperCase()) ?? []
  if (clock === undefined || offset === undefined) return undefined
  const wall = new Date(`${clock}.${fraction.slice(0, 3).padEnd(3, '0')}Z`)
  const offsetMilliseconds = parseOffset(offset)
  if (Number.isNaN(wall.getTime()) || offsetMilliseconds === undefined) return undefined
  // `Date` takes February 30 for March 2, and 24:00 for the next day.
  if (!wall.toISOString().startsWith(clock)) return undefined
  return new Date(wall.getTime() - offsetMilliseconds)
}

function parseOffset(offset: string): number | undefined {
  if (offset === 'Z') return 0
  const hours = Number(offset.slice(1, 3))
  const minutes = Number(offset.slice(4))
  if (hours > 23 || minutes > 59) return undefined
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
