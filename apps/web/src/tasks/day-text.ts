import { dayAfter } from './task-view.ts'

const sameYear = new Intl.DateTimeFormat('en', { timeZone: 'UTC', day: 'numeric', month: 'short' })
const otherYear = new Intl.DateTimeFormat('en', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
})
const weekday = new Intl.DateTimeFormat('en', { timeZone: 'UTC', weekday: 'long' })

/** A day as people say it. Without `today`, as on the server, its date. */
export function dayText(day: string, today: string | undefined): string {
  const date = new Date(`${day}T00:00:00Z`)
  if (today === undefined) return sameYear.format(date)
  if (day === today) return 'Today'
  if (day === dayAfter(today)) return 'Tomorrow'
  if (day === dayAfter(today, -1)) return 'Yesterday'
  if (day > today && day < dayAfter(today, 7)) return weekday.format(date)
  return (day.slice(0, 4) === today.slice(0, 4) ? sameYear : otherYear).format(date)
}
