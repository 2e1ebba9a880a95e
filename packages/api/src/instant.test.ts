import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Instant } from './instant.ts'

const iso = (input: unknown) => Instant.parse(input).toISOString()

function refusalOf(input: unknown): string | undefined {
  return Instant.safeParse(input).error?.issues[0]?.message
}

const expected = 'Must be an instant with an offset, such as 2026-01-31T12:00:00Z'
const outOfRange = 'Must be in the years 0001 to 9999'

describe('Instant', () => {
  it.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.5Z', '2026-01-31T12:00:00.500Z'],
    ['2026-01-31T12:00:00.123999999Z', '2026-01-31T12:00:00.123Z'],
    ['2026-01-31T12:00:00+05:30', '2026-01-31T06:30:00.000Z'],
    ['2026-01-31T00:30:00.25-00:45', '2026-01-31T01:15:00.250Z'],
    ['2026-01-31T12:00:00-00:00', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00+23:59', '2026-01-30T12:01:00.000Z'],
    ['2026-01-31t12:00:00z', '2026-01-31T12:00:00.000Z'],
    ['2028-02-29T23:59:59Z', '2028-02-29T23:59:59.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['0000-12-31T23:00:00-01:00', '0001-01-01T00:00:00.000Z'],
  ])('reads %s as the instant %s', (text, instant) => {
    expect(iso(text)).toBe(instant)
  })

  it.each([
    ['a date alone', '2026-01-31'],
    ['no offset', '2026-01-31T12:00:00'],
    ['no seconds', '2026-01-31T12:00Z'],
    ['an offset without a colon', '2026-01-31T12:00:00+0530'],
    ['an offset of a day', '2026-01-31T12:00:00+24:00'],
    ['an offset of 60 minutes', '2026-01-31T12:00:00+00:60'],
    ['a day that the month does not have', '2026-02-30T12:00:00Z'],
    ['February 29 of a common year', '2026-02-29T12:00:00Z'],
    ['month 13', '2026-13-01T12:00:00Z'],
    ['month 0', '2026-00-01T12:00:00Z'],
    ['hour 24', '2026-01-31T24:00:00Z'],
    ['minute 60', '2026-01-31T12:60:00Z'],
    ['a leap second', '2026-06-30T23:59:60Z'],
    ['a point without digits', '2026-01-31T12:00:00.Z'],
    ['more digits than nanoseconds', '2026-01-31T12:00:00.1234567890Z'],
    ['a year of six digits', '+012026-01-31T12:00:00Z'],
    ['a space in place of the T', '2026-01-31 12:00:00Z'],
    ['white space around it', ' 2026-01-31T12:00:00Z'],
    ['a line break behind it', '2026-01-31T12:00:00Z\n'],
    ['digits of another script', '٢٠٢٦-01-31T12:00:00Z'],
    ['words', 'tomorrow'],
    ['nothing', ''],
    ['a number', 1_769_860_800_000],
    ['null', null],
    ['an object', {}],
    ['an invalid Date', new Date(Number.NaN)],
  ])('refuses %s', (_what, input) => {
    expect(refusalOf(input)).toBe(expected)
  })

  it.each([
    ['text before the year 0001', '0000-12-31T23:59:59.999Z'],
    ['text that its offset moves before the year 0001', '0001-01-01T00:00:00+00:01'],
    ['text that its offset moves past the year 9999', '9999-12-31T23:59:59-00:01'],
    ['a Date before the year 0001', new Date(Date.parse('0001-01-01T00:00:00Z') - 1)],
    ['a Date past the year 9999', new Date(Date.parse('9999-12-31T23:59:59.999Z') + 1)],
    ['the last Date there is', new Date(8.64e15)],
  ])('refuses %s', (_what, input) => {
    expect(refusalOf(input)).toBe(outOfRange)
  })

  it('reads every Date of its years as itself, and the same from its text at any offset', () => {
    const bounds = { min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T23:59:59.999Z') }
    const anyDate = fc.date({ ...bounds, noInvalidDate: true })
    const anyOffset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 })
    fc.assert(
      fc.property(anyDate, anyOffset, (date, offset) => {
        expect(Instant.parse(date)).toEqual(date)
        expect(Instant.parse(withOffset(date, offset))).toEqual(date)
      }),
    )
  })

  it('refuses a long text at once', () => {
    expect(refusalOf(`2026-01-31T12:00:00.${'1'.repeat(1024 * 1024)}`)).toBe(expected)
  })
})

function withOffset(date: Date, minutes: number): string {
  const wall = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1)
  const size = Math.abs(minutes)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${wall}${minutes < 0 ? '-' : '+'}${two(Math.trunc(size / 60))}:${two(size % 60)}`
}
