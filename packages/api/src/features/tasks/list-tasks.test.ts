import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { ListInput } from './fixtures/list-model.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend
let user: TestUser

/** In the order in which they were created. */
let titles: string[]

beforeAll(async () => {
  backend = await createTestBackend()
  user = await backend.signUp()
  titles = Array.from({ length: 40 }, (_, index) => `Task ${index}`)
  for (const title of titles) await user.client.tasks.create.mutate({ title, description: `Of ${title}` })
})
afterAll(() => backend.close())

const list = (input?: ListInput) => user.client.tasks.list.query(input)

describe('tasks.list', () => {
  it('gives the newest 20 first when nothing is asked for', async () => {
    const page = await list()
    expect(page).toMatchObject({ total: 40, limit: 20, offset: 0, nextCursor: expect.any(String) })
    expect(page.tasks.map(({ title }) => title)).toEqual(titles.toReversed().slice(0, 20))
  })

  it('takes nothing, an empty object and undefined for the same', async () => {
    const page = await list()
    expect(await list({})).toEqual(page)
    expect(await list({ sort: undefined, cursor: undefined, offset: undefined, search: undefined })).toEqual(
      page,
    )
  })

  it('gives whole tasks', async () => {
    const { tasks } = await list({ limit: 1 })
    const [task] = tasks
    expect(task).toEqual(await user.client.tasks.get.query({ id: task?.id ?? '' }))
  })

  it('takes a negative zero for zero', async () => {
    expect(Object.is((await list({ offset: -0 })).offset, 0)).toBe(true)
  })

  it('gives an empty page and the total past the end', async () => {
    const page = await list({ offset: 1_000_000 })
    expect(page).toEqual({ tasks: [], total: 40, offset: 1_000_000, limit: 20, nextCursor: null })
    expect(await list({ offset: Number.MAX_SAFE_INTEGER })).toMatchObject({ tasks: [], total: 40 })
  })

  it('tells where the next page begins on every page that has one, and null on the last', async () => {
    for (const [offset, limit, isLast] of [
      [0, 39, false],
      [0, 40, true],
      [20, 19, false],
      [20, 20, true],
      [39, 1, true],
      [40, 1, true],
    ] as const) {
      const { nextCursor } = await list({ offset, limit })
      expect(nextCursor === null, `${offset} ${limit}`).toBe(isLast)
    }
  })

  it('goes on by cursor from a page that was asked for by offset', async () => {
    const { nextCursor } = await list({ offset: 5, limit: 10 })
    const { tasks } = await list({ cursor: nextCursor ?? '', limit: 10 })
    expect(tasks).toEqual((await list({ offset: 15, limit: 10 })).tasks)
  })

  it('counts without a cursor, and with one only when asked', async () => {
    const cursor = (await list()).nextCursor ?? ''
    expect(await list({ limit: 1 })).toMatchObject({ total: 40, offset: 0 })
    expect(await list({ limit: 1, includeTotal: true })).toMatchObject({ total: 40 })
    expect(await list({ cursor, includeTotal: true })).toMatchObject({ total: 40, nextCursor: null })
    expect('total' in (await list({ includeTotal: false }))).toBe(false)
    expect('total' in (await list({ includeTotal: false, search: 'task' }))).toBe(false)
    expect('total' in (await list({ cursor }))).toBe(false)
    expect('total' in (await list({ cursor, includeTotal: false }))).toBe(false)
    expect('offset' in (await list({ cursor }))).toBe(false)
  })

  it('saves the statement that counts, when no total is asked for', async () => {
    const statementsOf = async (input: ListInput) => {
      backend.statements.length = 0
      await list(input)
      return backend.statements.length
    }
    const cursor = (await list()).nextCursor ?? ''
    expect(await statementsOf({})).toBe(2)
    expect(await statementsOf({ includeTotal: false })).toBe(1)
    expect(await statementsOf({ cursor })).toBe(1)
  })

  it('leaves the descriptions out of a compact list, and nothing else', async () => {
    const [full, compact] = [await list(), await list({ fields: 'compact' })]
    expect(full.tasks.every(({ description }) => typeof description === 'string')).toBe(true)
    expect(compact.tasks.some((task) => 'description' in task)).toBe(false)
    expect(compact).toEqual({ ...full, tasks: full.tasks.map(({ description, ...task }) => task) })
  })

  it('gives no snippet, but to a search that is to be highlighted', async () => {
    const hasSnippet = async (input: ListInput) =>
      new Set((await list(input)).tasks.map((task) => 'snippet' in task))
    expect(await hasSnippet({})).toEqual(new Set([false]))
    expect(await hasSnippet({ search: 'task' })).toEqual(new Set([false]))
    expect(await hasSnippet({ search: 'task', highlight: true })).toEqual(new Set([true]))
    const compact: ListInput = { search: 'task', highlight: true, fields: 'compact' }
    expect(await hasSnippet(compact)).toEqual(new Set([true]))
    expect((await list(compact)).tasks.some((task) => 'description' in task)).toBe(false)
  })

  it('refuses a caller who is not signed in', async () => {
    expect(await refusalOf(backend.client().tasks.list.query())).toMatchObject({
      code: 'UNAUTHORIZED',
      reason: 'AUTHENTICATION_REQUIRED',
    })
  })

  it('takes the first and the last that each bound allows', async () => {
    const allowed: ListInput[] = [
      { limit: 1 },
      { limit: 100 },
      { search: 'x'.repeat(200) },
      { search: '🦆'.repeat(200) },
      { dueOn: '0001-01-01' },
      { dueOn: '9999-12-31' },
      { updatedSince: '0001-01-01T00:00:00Z' },
      { updatedSince: '9999-12-31T23:59:59.999Z' },
      { tag: 'x'.repeat(50) },
    ]
    for (const input of allowed) expect((await list(input)).limit).toBe(input.limit ?? 20)
  })

  const search = 'x'
  it.each<[string, object, string]>([
    ['a limit of 0', { limit: 0 }, 'limit'],
    ['a limit of 101 instead of capping it', { limit: 101 }, 'limit'],
    ['a limit that is not whole', { limit: 1.5 }, 'limit'],
    ['a limit that is a text', { limit: '5' }, 'limit'],
    ['a negative offset', { offset: -1 }, 'offset'],
    ['an offset that is not whole', { offset: 0.5 }, 'offset'],
    ['an offset that no number can tell', { offset: 2 ** 53 }, 'offset'],
    ['a cursor that is too long to be one', { cursor: 'x'.repeat(4001) }, 'cursor'],
    ['a cursor that is no text', { cursor: null }, 'cursor'],
    ['an unknown sort', { sort: 'colour' }, 'sort'],
    ['an unknown order', { order: 'up' }, 'order'],
    ['an unknown choice of fields', { fields: 'some' }, 'fields'],
    ['an unknown priority', { priority: 'huge' }, 'priority'],
    ['no priority as a filter', { priority: null }, 'priority'],
    ['an unknown filter', { owner: 'me' }, 'owner'],
    ['a misspelt filter', { search, Completed: true }, 'Completed'],
    ['a completed that is a text', { completed: 'true' }, 'completed'],
    ['an empty search', { search: '' }, 'search'],
    ['a search of more than 200 characters', { search: 'x'.repeat(201) }, 'search'],
    ['a search with NUL', { search: 'a\0b' }, 'search'],
    ['a search with half of a surrogate pair', { search: 'a\ud83e' }, 'search'],
    ['an empty tag', { tag: '' }, 'tag'],
    ['a tag of more than 50 characters', { tag: 'x'.repeat(51) }, 'tag'],
    ['a tag with NUL', { tag: 'a\0b' }, 'tag'],
    ['a day that is not in the calendar', { dueOn: '2026-02-29' }, 'dueOn'],
    ['a day in the year 0', { dueBefore: '0000-01-01' }, 'dueBefore'],
    ['a day with a time', { dueAfter: '2026-01-01T00:00:00Z' }, 'dueAfter'],
    ['a today that is no day', { today: 'today' }, 'today'],
    ['an instant without an offset', { updatedSince: '2026-01-01T00:00:00' }, 'updatedSince'],
    ['an instant that is a day', { updatedSince: '2026-01-01' }, 'updatedSince'],
    ['an instant after the year 9999', { updatedSince: new Date(253_402_300_800_000) }, 'updatedSince'],
    ['a trashed that is a number', { trashed: 1 }, 'trashed'],
  ])('refuses %s, by name', async (_what, input, name) => {
    expect(await refusalOf(list(input))).toMatchObject({
      code: 'BAD_REQUEST',
      reason: 'INPUT_INVALID',
      issues: [{ path: [name] }],
    })
  })

  it.each<[string, object, string[]]>([
    ['an offset beside a cursor', { offset: 0, cursor: 'x' }, ['offset']],
    ['relevance without a search', { sort: 'relevance' }, ['sort']],
    ['a highlight without a search', { highlight: true }, ['highlight']],
    ['two contradictions', { offset: 0, cursor: 'x', highlight: true }, ['offset', 'highlight']],
  ])('refuses %s as a contradiction, by name', async (_what, input, names) => {
    expect(await refusalOf(list(input))).toMatchObject({
      code: 'UNPROCESSABLE_CONTENT',
      httpStatus: 422,
      reason: 'INPUT_CONTRADICTORY',
      issues: names.map((name) => ({ path: [name] })),
    })
  })

  it('refuses a field that is wrong by itself before what contradicts it', async () => {
    expect(await refusalOf(list({ highlight: true, limit: 0 }))).toMatchObject({
      code: 'BAD_REQUEST',
      reason: 'INPUT_INVALID',
    })
  })
})

describe('one request for many lists', () => {
  const reasonsOf = async (calls: Promise<unknown>[]) =>
    (await Promise.allSettled(calls)).map((each) =>
      each.status === 'fulfilled' ? 'ok' : each.reason.data.reason,
    )

  it('is answered with a hundred pages of the default length, and 20 of the greatest', async () => {
    const pages = Array.from({ length: 100 }, () => list())
    expect(new Set(await reasonsOf(pages))).toEqual(new Set(['ok']))
    const great = Array.from({ length: 22 }, () => list({ limit: 100 }))
    expect(await reasonsOf(great)).toEqual([...Array(20).fill('ok'), ...Array(2).fill('ANSWER_TOO_LARGE')])
  })

  it('is answered with no more text than a server can write at once', async () => {
    const { client } = await backend.signUp()
    const description = 'x'.repeat(16_000)
    for (let index = 0; index < 100; index++) await client.tasks.create.mutate({ title: 'Long', description })
    const reasons = await reasonsOf(Array.from({ length: 8 }, () => client.tasks.list.query({ limit: 100 })))
    expect(reasons.filter((reason) => reason === 'ok')).toHaveLength(2)
    expect(reasons.filter((reason) => reason === 'ANSWER_TOO_LARGE')).toHaveLength(6)
  })
})
