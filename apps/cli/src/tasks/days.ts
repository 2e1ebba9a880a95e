import { UsageError } from '../problems.ts'

const named = new Map([
  ['yesterday', -1],
  ['today', 0],
  ['tomorrow', 1],
])
const daysOf: Record<string, number> = { d: 1, w: 7 }

/** The calendar date where the caller is. */
export function todayOf(now: Date): string {
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()]
    .map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0'))
    .join('-')
}

/** A calendar date from what was typed: `today`, `tomorrow`, `yesterday`, `+3d`, `-2w`, or `2026-12-24`. */
export function parseDay(text: string, now: Date): string {
  const typed = text.trim().toLowerCase()
  if (/^\d{4}-\d{2}-\d{2}$/.test(typed)) return typed
  const [, sign, count, unit = ''] = /^([+-])(\d{1,4})([dw])$/.exec(typed) ?? []
  const days = count === undefined ? named.get(typed) : Number(`${sign}${count}`) * (daysOf[unit] ?? 0)
  if (days === undefined) {
    throw new UsageError(
      `"${text}" is not a day. Give today, tomorrow, yesterday, +3d, -2w, or a date such as 2026-12-24.`,
    )
  }
  return todayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() + days))
}
