import { expect, it } from 'vitest'
import { UsageError } from '../problems.ts'
import { parseDay, todayOf } from './days.ts'

const now = new Date(2026, 1, 27, 23, 30)

it.each([
  ['today', '2026-02-27'],
  ['Tomorrow', '2026-02-28'],
  ['yesterday', '2026-02-26'],
  ['+3d', '2026-03-02'],
  ['-2w', '2026-02-13'],
  ['+0d', '2026-02-27'],
  [' 2028-02-29 ', '2028-02-29'],
])('takes %s for %s', (typed, day) => {
  expect(parseDay(typed, now)).toBe(day)
})

it('knows the day where the caller is, at any hour', () => {
  expect(todayOf(now)).toBe('2026-02-27')
  expect(todayOf(new Date(2026, 11, 31, 0, 0))).toBe('2026-12-31')
})

it.each(['', 'soon', '3d', '+3', '+3m', '24.12.2026', '2026-1-2', 'constructor'])(
  'refuses "%s", and says what it takes',
  (typed) => {
    expect(() => parseDay(typed, now)).toThrow(UsageError)
    expect(() => parseDay(typed, now)).toThrow('Give today, tomorrow')
  },
)
