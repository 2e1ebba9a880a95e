import { expect, it } from 'vitest'
import { dayText } from './day-text.ts'
import { addressOf, inputOfView, readView, viewNames } from './task-view.ts'

const today = '2026-12-30'
const viewAt = (address: string) => {
  const query = new URL(address, 'http://app.test').searchParams
  return readView((name) => query.get(name) ?? undefined)
}

it.each(['/', '/?view=today', '/?q=milk+%26+bread&tag=home&priority=high&sort=title', '/?view=trash&q=a'])(
  'is the same after it was written into the address %s',
  (address) => {
    expect(addressOf(viewAt(address))).toBe(address)
  },
)

it('passes over what is no view of ours', () => {
  expect(addressOf(viewAt('/?view=all&priority=none&sort=color'))).toBe('/')
})

it('asks for each view as its name says', () => {
  const asked = viewNames.map((view) => inputOfView({ ...viewAt('/'), view }, today))
  expect(asked).toMatchObject([
    { completed: false, sort: 'createdAt', order: 'desc' },
    { completed: false, dueBefore: '2026-12-31', sort: 'dueDate', order: 'asc' },
    { completed: false, dueAfter: today, order: 'asc' },
    { completed: true, sort: 'updatedAt' },
    { trashed: true },
  ])
})

it('asks for nothing that depends on the day while that is unknown', () => {
  expect(inputOfView(viewAt('/?view=today'), undefined)).toBeUndefined()
  expect(inputOfView(viewAt('/'), undefined)).toBeDefined()
})

it('leaves the order of a search to the server', () => {
  expect(inputOfView(viewAt('/?q=milk'), today)).not.toHaveProperty('sort')
})

it.each([
  [today, 'Today'],
  ['2026-12-31', 'Tomorrow'],
  ['2026-12-29', 'Yesterday'],
  ['2027-01-03', 'Sunday'],
  ['2027-01-06', 'Jan 6, 2027'],
  ['2026-02-01', 'Feb 1'],
])('says %s as %s', (day, text) => {
  expect(dayText(day, today)).toBe(text)
})
