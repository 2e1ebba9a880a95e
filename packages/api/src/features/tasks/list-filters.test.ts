import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { Priority, type Task, TaskSort } from './contract.ts'
import { dayOf } from './day-of.ts'
import { expectedTasks, type ListInput } from './fixtures/list-model.ts'
import { type PageMode, readPages } from './fixtures/read-pages.ts'
import { createVariedTasks, variedDays, variedTags, variedWords } from './fixtures/varied-tasks.ts'

let backend: TestBackend
let user: TestUser
let day: string
let all: Task[]

beforeAll(async () => {
  backend = await createTestBackend()
  // To the noon of another day: no test sees the day change, and today is not what it really is.
  backend.advanceSeconds(4 * 86_400 - ((Date.now() / 1000 + 43_200) % 86_400))
  day = dayOf(backend.dependencies.now())
  user = await backend.signUp()
  all = await createVariedTasks(user, day)
  await createVariedTasks(await backend.signUp(), day)
})
afterAll(() => backend.close())

/** One in four times. */
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const modes: PageMode[] = ['offset', 'cursor']

async function expectPages(list: ListInput & { limit: number }) {
  const expected = expectedTasks(all, { ...list, day })
  for (const mode of modes) {
    const tasks = await readPages(user, list, mode)
    expect(tasks.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
    expect(tasks).toEqual(expected)
  }
}

describe('the filters and the order of tasks.list', () => {
  it('give exactly the matching tasks, each once and in order, page by page', async () => {
    const instants = all.map(({ updatedAt }) => updatedAt)
    const days = fc.constantFrom(...variedDays(day))
    const filters = fc.record({
      completed: rarely(fc.boolean()),
      priority: rarely(fc.constantFrom(...Priority.options)),
      tag: rarely(fc.constantFrom(...variedTags)),
      dueBefore: rarely(days),
      dueAfter: rarely(days),
      dueOn: rarely(days),
      overdue: rarely(fc.boolean()),
      today: rarely(days),
      updatedSince: rarely(fc.constantFrom(...instants, ...instants.map((instant) => instant.toISOString()))),
      search: rarely(fc.constantFrom(...variedWords)),
      trashed: rarely(fc.boolean()),
      sort: rarely(fc.constantFrom(...TaskSort.options)),
      order: rarely(fc.constantFrom('asc', 'desc')),
      limit: fc.oneof(fc.integer({ min: 3, max: 30 }), fc.constantFrom(1, 100)),
    })
    const sensible = filters.filter(({ sort, search }) => sort !== 'relevance' || search !== undefined)
    await fc.assert(fc.asyncProperty(sensible, expectPages), { seed: 20_260_131, numRuns: 60 })
  })

  const orders = TaskSort.options.flatMap((sort) =>
    (['asc', 'desc'] as const).map((order) => ({ sort, order })),
  )
  it.each(orders)('sort by $sort $order, and by id where that is the same', async (list) => {
    await expectPages({ ...list, limit: 7, ...(list.sort === 'relevance' && { search: 'apple' }) })
  })

  const aloneAndTogether: [string, () => ListInput][] = [
    ['completed', () => ({ completed: true })],
    ['open', () => ({ completed: false })],
    ['of a priority', () => ({ priority: 'urgent' })],
    ['with a tag', () => ({ tag: 'home' })],
    ['due before a day', () => ({ dueBefore: day })],
    ['due after a day', () => ({ dueAfter: day })],
    ['due between two days', () => ({ dueAfter: '0001-01-01', dueBefore: day })],
    ['due on a day', () => ({ dueOn: day })],
    ['overdue', () => ({ overdue: true })],
    ['not overdue', () => ({ overdue: false })],
    ["overdue on the caller's day", () => ({ overdue: true, today: '9999-12-31' })],
    ["not overdue on the caller's day", () => ({ overdue: false, today: '9999-12-31' })],
    ['found by a word', () => ({ search: 'apple' })],
    ['found by two words, wherever they are', () => ({ search: 'report zebra', sort: 'title' })],
    ['in the trash', () => ({ trashed: true, sort: 'dueDate', order: 'asc' })],
    ['of several filters', () => ({ completed: false, tag: 'work', overdue: false, search: 'apple' })],
  ]
  it.each(aloneAndTogether)('give the tasks that are %s', async (_which, list) => {
    const expected = expectedTasks(all, { ...list(), day })
    expect(expected.length).toBeGreaterThan(0)
    expect(expected.length).toBeLessThan(all.length)
    await expectPages({ ...list(), limit: 5 })
  })
})

describe('a filter of tasks.list', () => {
  let own: TestUser
  const titlesOf = async (list: ListInput) => {
    const { tasks } = await own.client.tasks.list.query({ sort: 'title', order: 'asc', ...list })
    return tasks.map(({ title }) => title)
  }

  beforeAll(async () => {
    own = await backend.signUp()
    await own.client.tasks.create.mutate({ title: 'early', dueDate: '2026-03-01', tags: ['Home'] })
    await own.client.tasks.create.mutate({ title: 'late', dueDate: '2026-03-02', tags: ['homes'] })
    await own.client.tasks.create.mutate({ title: 'whenever' })
    await own.client.tasks.create.mutate({ title: 'done', dueDate: '2026-03-01', completed: true })
  })

  it('takes a day before and a day after without that day itself', async () => {
    expect(await titlesOf({ dueBefore: '2026-03-02' })).toEqual(['done', 'early'])
    expect(await titlesOf({ dueBefore: '2026-03-01' })).toEqual([])
    expect(await titlesOf({ dueAfter: '2026-03-01' })).toEqual(['late'])
    expect(await titlesOf({ dueAfter: '2026-03-02' })).toEqual([])
    expect(await titlesOf({ dueOn: '2026-03-01' })).toEqual(['done', 'early'])
  })

  it('takes a tag in any case and as a whole', async () => {
    expect(await titlesOf({ tag: 'hOME' })).toEqual(['early'])
    expect(await titlesOf({ tag: 'hom' })).toEqual([])
  })

  it('takes for overdue what is open and due before today, and for not overdue all others', async () => {
    expect(await titlesOf({ overdue: true, today: '2026-03-01' })).toEqual([])
    expect(await titlesOf({ overdue: true, today: '2026-03-02' })).toEqual(['early'])
    expect(await titlesOf({ overdue: false, today: '2026-03-02' })).toEqual(['done', 'late', 'whenever'])
  })

  it('takes an instant itself for changed since then, as a Date and as text of any offset', async () => {
    const { tasks } = await own.client.tasks.list.query({ search: 'late' })
    const instant = tasks[0]?.updatedAt ?? new Date(0)
    const inIndia = new Date(instant.getTime() + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30')
    for (const updatedSince of [instant, instant.toISOString(), inIndia]) {
      expect(await titlesOf({ updatedSince })).toContain('late')
    }
    const after = new Date(instant.getTime() + 1)
    expect(await titlesOf({ updatedSince: after })).not.toContain('late')
    expect(await titlesOf({ updatedSince: after.toISOString() })).not.toContain('late')
  })

  it('finds nothing of anybody else', async () => {
    const stranger = await backend.signUp()
    const lists: ListInput[] = [
      {},
      { trashed: true },
      { tag: 'home' },
      { search: 'late' },
      { completed: true },
    ]
    for (const list of lists) {
      expect(await stranger.client.tasks.list.query(list)).toMatchObject({ tasks: [], total: 0 })
    }
  })
})
