import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where this file is run, once in each zone. */
    timeZone: string
  }
}

const timeZone = inject('timeZone')
const daySeconds = 24 * 3600

let backend: TestBackend
let client: TestUser['client']

beforeAll(async () => {
  backend = await createTestBackend({ accessTokenTtlSeconds: 1000 * daySeconds })
  client = (await backend.signUp()).client
})
afterAll(() => backend.close())

it(`is tested in ${timeZone}`, () => {
  expect(Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(timeZone)
  const offsetHours = { 'Pacific/Kiritimati': 14, UTC: 0, 'Pacific/Niue': -11 }[timeZone]
  expect(new Date(2026, 0, 1).getTimezoneOffset()).toBe(-60 * (offsetHours ?? Number.NaN) + 0)
})

const dates = [
  '0001-01-01',
  '1582-10-10',
  '1900-02-28',
  '1969-12-31',
  '1970-01-01',
  '2000-02-29',
  '2026-01-01',
  // Days that some zones skipped, or changed their clocks on.
  '1994-12-31',
  '2011-12-30',
  '2026-03-29',
  '2026-10-25',
  '2026-12-31',
  '9999-12-31',
]

describe.each(dates)(`in ${timeZone} the due date %s`, (dueDate) => {
  it('is the same calendar date by every way in and out', async () => {
    const { next: since } = await client.tasks.changes.query()
    const { id } = await client.tasks.create.mutate({ title: 'x', dueDate })
    const [other, third] = await Promise.all(['y', 'z'].map((title) => client.tasks.create.mutate({ title })))
    const keys = [other, third].map((task) => ({ id: task?.id ?? '' }))
    const [first = { id }, second = { id }] = keys
    const { results } = await client.tasks.batch.mutate({
      atomic: true,
      operations: [
        { op: 'create', input: { title: 'x', dueDate } },
        { op: 'create', input: { title: 'x', dueDate } },
        { op: 'update', input: { ...first, dueDate } },
        { op: 'replace', input: { ...second, title: 'x', dueDate } },
      ],
    })
    expect(results).toMatchObject(Array(4).fill({ ok: true, task: { dueDate } }))
    // Again: no change.
    const updated = await client.tasks.update.mutate({ ...first, dueDate })
    const replaced = await client.tasks.replace.mutate({ ...second, title: 'x', dueDate })
    expect([updated, replaced]).toMatchObject([
      { dueDate, version: 2 },
      { dueDate, version: 2 },
    ])
    expect(await client.tasks.create.mutate({ id, title: 'x', dueDate })).toMatchObject({ dueDate })

    expect(await client.tasks.get.query({ id })).toMatchObject({ dueDate })
    expect(await client.tasks.complete.mutate({ id })).toMatchObject({ dueDate })
    const { changes } = await client.tasks.changes.query({ since })
    expect(changes).toMatchObject(Array(5).fill({ type: 'upsert', task: { dueDate } }))
    const { tasks } = await client.tasks.list.query({ dueOn: dueDate })
    expect(tasks).toMatchObject(Array(5).fill({ dueDate }))
    expect(await client.tasks.delete.mutate({ id })).toMatchObject({ dueDate })
    expect(await client.tasks.restore.mutate({ id })).toMatchObject({ dueDate })
  })

  it('is before the next day, after the last, and on no other', async () => {
    const { signedIn } = await neighbours()
    const by = backend.client(`Bearer ${signedIn.accessToken}`)
    const titlesOf = async (filter: object) =>
      (await by.tasks.list.query({ ...filter, sort: 'dueDate', order: 'asc', limit: 100 })).tasks.map(
        ({ title }) => title,
      )
    const index = sortedDates.indexOf(dueDate)
    expect(await titlesOf({ dueOn: dueDate })).toEqual([dueDate])
    expect(await titlesOf({ dueBefore: dueDate })).toEqual(sortedDates.slice(0, index))
    expect(await titlesOf({ dueAfter: dueDate })).toEqual(sortedDates.slice(index + 1))
    expect(await titlesOf({ overdue: true, today: dueDate })).toEqual(sortedDates.slice(0, index))
    expect(await titlesOf({ overdue: false, today: dueDate })).toEqual(sortedDates.slice(index))
    expect(await by.tasks.counts.query({ today: dueDate })).toMatchObject({ overdue: index, dueToday: 1 })
  })
})

const sortedDates = [...dates].sort()
let neighbour: Promise<TestUser> | undefined

/** A user with one task of each date. */
function neighbours(): Promise<TestUser> {
  neighbour ??= backend.signUp().then(async (user) => {
    const operations = dates.map((dueDate) => ({
      op: 'create' as const,
      input: { title: dueDate, dueDate },
    }))
    await user.client.tasks.batch.mutate({ atomic: true, operations })
    return user
  })
  return neighbour
}

describe(`in ${timeZone} today, where the caller does not say,`, () => {
  /** Moves the clock to this time of a day to come, in UTC, and gives that day and the ones around it. */
  function advanceTo(hours: number): [yesterday: string, today: string, tomorrow: string] {
    const nowMilliseconds = backend.dependencies.now().getTime()
    const dayMilliseconds = daySeconds * 1000
    const day = Math.floor(nowMilliseconds / dayMilliseconds) + 1
    backend.advanceSeconds(day * daySeconds + hours * 3600 - nowMilliseconds / 1000)
    const dateOf = (number: number) => new Date(number * dayMilliseconds).toISOString().slice(0, 10)
    return [dateOf(day - 1), dateOf(day), dateOf(day + 1)]
  }

  it.each([0.1, 9.5, 12, 13.5, 23.9])('is the day in UTC, %f hours into it', async (hours) => {
    const user = await backend.signUp()
    const days = advanceTo(hours)
    const [, today] = days
    const operations = days.map((dueDate) => ({ op: 'create' as const, input: { title: dueDate, dueDate } }))
    await user.client.tasks.batch.mutate({ atomic: true, operations })
    const titlesOf = async (overdue: boolean) =>
      (await user.client.tasks.list.query({ overdue, sort: 'dueDate', order: 'asc' })).tasks.map(
        ({ title }) => title,
      )
    expect(await titlesOf(true)).toEqual(days.slice(0, 1))
    expect(await titlesOf(false)).toEqual(days.slice(1))
    expect(await user.client.tasks.counts.query()).toMatchObject({ overdue: 1, dueToday: 1, total: 3 })
    expect(await user.client.tasks.counts.query({ today })).toMatchObject({ overdue: 1, dueToday: 1 })
  })
})

it.each([
  '2026-02-29',
  '2026-13-01',
  '2026-1-1',
  '26-01-01',
  '2026-01-01T00:00:00Z',
  '0000-12-31',
  '',
  'today',
])('refuses %j as a date everywhere, by name', async (date) => {
  const { id } = await client.tasks.create.mutate({ title: 'x' })
  const calls: [string, () => Promise<unknown>][] = [
    ['dueDate', () => client.tasks.create.mutate({ title: 'x', dueDate: date })],
    ['dueDate', () => client.tasks.update.mutate({ id, dueDate: date })],
    ['dueDate', () => client.tasks.replace.mutate({ id, title: 'x', dueDate: date })],
    ['dueOn', () => client.tasks.list.query({ dueOn: date })],
    ['dueBefore', () => client.tasks.list.query({ dueBefore: date })],
    ['dueAfter', () => client.tasks.list.query({ dueAfter: date })],
    ['today', () => client.tasks.list.query({ overdue: true, today: date })],
    ['today', () => client.tasks.counts.query({ today: date })],
  ]
  for (const [name, call] of calls) {
    const { reason, issues = [] } = await refusalOf(call())
    expect(reason).toBe('INPUT_INVALID')
    expect(new Set(issues.map(({ path }) => path.join()))).toEqual(new Set([name]))
  }
})

it('refuses an instant as a date', async () => {
  const input = { title: 'x', dueDate: new Date() as unknown as string }
  await expect(client.tasks.create.mutate(input)).rejects.toMatchObject({
    data: { reason: 'INPUT_INVALID', issues: [{ path: ['dueDate'] }] },
  })
})
