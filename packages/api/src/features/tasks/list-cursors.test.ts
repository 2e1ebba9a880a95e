import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { type BatchOperation, Priority, type Task, TaskSort } from './contract.ts'
import { forgeCursor } from './fixtures/forge-cursor.ts'
import { expectedTasks, type ListInput } from './fixtures/list-model.ts'
import { readPages } from './fixtures/read-pages.ts'
import { refusalOf } from './fixtures/refusal-of.ts'
import { createVariedTasks } from './fixtures/varied-tasks.ts'

let backend: TestBackend
let user: TestUser
let stranger: TestUser
const day = '2026-03-01'

beforeAll(async () => {
  backend = await createTestBackend()
  user = await backend.signUp()
  stranger = await backend.signUp()
  await createVariedTasks(user, day)
  await createVariedTasks(stranger, day)
})
afterAll(() => backend.close())

/** What its list is sorted by relevance needs. */
const listBy = (sort: TaskSort): ListInput => ({
  sort,
  limit: 2,
  ...(sort === 'relevance' && { search: 'apple' }),
})

async function cursorOf(list: ListInput, { client } = user): Promise<string> {
  const { nextCursor } = await client.tasks.list.query(list)
  if (nextCursor === null) throw new Error('This list has no second page')
  return nextCursor
}

const invalid = { code: 'UNPROCESSABLE_CONTENT', reason: 'CURSOR_INVALID', httpStatus: 422 }
const refusedWith = (list: ListInput, cursor: string) =>
  refusalOf(user.client.tasks.list.query({ ...list, cursor }))

describe('a cursor', () => {
  const list: ListInput = {
    completed: false,
    tag: 'work',
    dueBefore: '9999-12-31',
    dueAfter: '0001-01-01',
    overdue: false,
    today: day,
    updatedSince: '2020-01-01T00:00:00Z',
    search: 'apple or zebra or report or pie or duck',
    trashed: false,
    sort: 'title',
    order: 'asc',
    limit: 1,
  }

  it.each<[string, ListInput]>([
    ['filter by state', { completed: undefined }],
    ['filter by priority', { priority: 'low' }],
    ['filter by tag', { tag: 'home' }],
    ['first day', { dueAfter: '0001-01-02' }],
    ['last day', { dueBefore: undefined }],
    ['day', { dueOn: day }],
    ['filter for overdue', { overdue: true }],
    ['today', { today: '2026-03-02' }],
    ['instant', { updatedSince: '2020-01-01T00:00:00.001Z' }],
    ['search', { search: 'apple' }],
    ['no search', { search: undefined }],
    ['trash', { trashed: true }],
    ['sort', { sort: 'createdAt' }],
    ['sort by default', { sort: undefined }],
    ['order', { order: 'desc' }],
    ['order by default', { order: undefined }],
  ])('is refused by a list with another %s', async (_what, change) => {
    expect(await refusedWith({ ...list, ...change }, await cursorOf(list))).toMatchObject(invalid)
  })

  it('is taken by the same list, whatever a page has of it and in whatever form it is asked for', async () => {
    const cursor = await cursorOf(list)
    const next = await user.client.tasks.list.query({ ...list, cursor })
    const same: ListInput[] = [
      { limit: 100 },
      { fields: 'compact' },
      { includeTotal: true },
      { highlight: true },
      { tag: 'WORK' },
      { updatedSince: new Date('2020-01-01T00:00:00Z') },
      { updatedSince: '2020-01-01T05:30:00.0009+05:30' },
      { trashed: undefined },
    ]
    for (const change of same) {
      const { tasks } = await user.client.tasks.list.query({ ...list, ...change, cursor })
      expect(tasks[0]?.id).toBe(next.tasks[0]?.id)
    }
  })

  it('of the default sort is taken by the list that asks for it by name', async () => {
    const plain = await cursorOf({ limit: 2 })
    await user.client.tasks.list.query({ sort: 'createdAt', order: 'desc', cursor: plain })
    const found = await cursorOf({ limit: 2, search: 'apple' })
    await user.client.tasks.list.query({ sort: 'relevance', search: 'apple', cursor: found })
    expect(await refusedWith({ search: 'apple' }, plain)).toMatchObject(invalid)
  })

  it.each(TaskSort.options)("of another user's list by %s shows one's own tasks only", async (sort) => {
    const list = { ...listBy(sort), limit: 100 }
    const own = (await user.client.tasks.list.query(list)).tasks
    for (const trashed of [false, true]) {
      const cursor = await cursorOf({ ...listBy(sort), trashed }, stranger)
      const { tasks } = await user.client.tasks.list.query({ ...list, trashed, cursor })
      expect(new Set(tasks.map(({ userId }) => userId))).toEqual(new Set([user.signedIn.user.id]))
      if (!trashed) expect(own).toEqual(expect.arrayContaining(tasks))
    }
  })

  it('of a task that is gone still stands where it stood', async () => {
    const { client } = await backend.signUp()
    for (const title of ['a', 'b', 'c', 'd']) await client.tasks.create.mutate({ title })
    const list: ListInput = { sort: 'title', order: 'asc', limit: 2 }
    const page = await client.tasks.list.query(list)
    const id = page.tasks[1]?.id ?? ''
    await client.tasks.delete.mutate({ id })
    await client.tasks.purge.mutate({ id })
    const next = await client.tasks.list.query({ ...list, cursor: page.nextCursor ?? '' })
    expect(next.tasks.map(({ title }) => title)).toEqual(['c', 'd'])
  })
})

describe('what is no cursor of a list', () => {
  it.each([
    '',
    ' ',
    'null',
    'undefined',
    '0',
    '~',
    '~~',
    '====',
    'a'.repeat(4000),
    '🦆',
    '\0',
    '\ud83e',
    Buffer.from('[]').toString('base64url'),
    Buffer.from('["a","b","c"]').toString('base64url'),
    Buffer.from('{"__proto__":null}').toString('base64url'),
    Buffer.from([0xff, 0xfe, 0x00]).toString('base64url'),
  ])('is refused: %j', async (cursor) => {
    for (const sort of TaskSort.options)
      expect(await refusedWith(listBy(sort), cursor)).toMatchObject(invalid)
  })

  it('is refused, whatever it is', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.string({ minLength: 48 }))
    const anything = fc.oneof(
      text,
      text.map((value) => Buffer.from(value).toString('base64url')),
      fc.uint8Array({ maxLength: 100 }).map((bytes) => `~${Buffer.from(bytes).toString('base64url')}`),
    )
    await fc.assert(
      fc.asyncProperty(anything, async (cursor) => {
        expect(await refusedWith({}, cursor)).toMatchObject(invalid)
      }),
      { seed: 20_260_131, numRuns: 60 },
    )
  })

  it.each(TaskSort.options)('is refused when it was cut off or added to, by %s', async (sort) => {
    const cursor = await cursorOf(listBy(sort))
    const cut = [1, 2, 3, 4, 8, 36, 48, 60].flatMap((length) => [
      cursor.slice(0, -length),
      cursor.slice(length),
    ])
    const added = ['A', 'AA', 'AAAA', '=', ' ', '\n'].flatMap((more) => [
      `${cursor}${more}`,
      `${more}${cursor}`,
    ])
    for (const other of [...cut, ...added, `~${cursor}`]) {
      expect(await refusedWith(listBy(sort), other)).toMatchObject(invalid)
    }
  })

  it('is refused, or shows a page of own tasks, when a character of it was changed', async () => {
    for (const sort of TaskSort.options) {
      const list = listBy(sort)
      const cursor = await cursorOf(list)
      const all = (await user.client.tasks.list.query({ ...list, limit: 100 })).tasks
      for (let index = 0; index < cursor.length; index += 3) {
        const letter = cursor[index] === 'A' ? 'Q' : 'A'
        const changed = `${cursor.slice(0, index)}${letter}${cursor.slice(index + 1)}`
        const answer = user.client.tasks.list.query({ ...list, cursor: changed })
        const outcome = await answer.then(
          ({ tasks }) => tasks,
          () => refusalOf(user.client.tasks.list.query({ ...list, cursor: changed })),
        )
        if (Array.isArray(outcome)) expect(all).toEqual(expect.arrayContaining(outcome))
        else expect(outcome).toMatchObject(invalid)
      }
    }
  })

  const instants = [
    '0000-01-01T00:00:00.000Z',
    '2026-02-30T00:00:00.000Z',
    '2026-01-01',
    '2026-01-01T00:00:00Z',
  ]
  const noInstants = [...instants, 'now', 'infinity', '', '10000-01-01T00:00:00.000Z', 1_700_000_000_000]
  const forged: [TaskSort, (string | number)[]][] = [
    ['createdAt', noInstants],
    ['updatedAt', noInstants],
    [
      'dueDate',
      ['0000-01-01', '2026-02-30', 'today', 'infinity ', '', '294277-01-01', '2026-01-01 BC', 20_260_101],
    ],
    ['priority', [9, -1, 6, 1.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '1', 'low', 'urgent']],
    ['title', ['a\0b', '\0', 7]],
    ['relevance', [1e300, 1e-300, 1e39, -1e300, Number.NaN, Number.NEGATIVE_INFINITY, '0.5', 'NaN']],
  ]
  it.each(forged)('is refused when the %s in it was made up', async (sort, values) => {
    const cursor = await cursorOf(listBy(sort))
    for (const value of values) {
      const other = forgeCursor(cursor, { value })
      expect(await refusedWith(listBy(sort), other), String(value)).toMatchObject(invalid)
    }
    for (const id of [
      '',
      'x'.repeat(36),
      '0',
      '00000000-0000-4000-8000-00000000000g',
      "' or true or id = '0",
    ]) {
      expect(await refusedWith(listBy(sort), forgeCursor(cursor, { id })), id).toMatchObject(invalid)
    }
    const digest = cursor.startsWith('A') ? 'B'.repeat(11) : 'A'.repeat(11)
    expect(await refusedWith(listBy(sort), forgeCursor(cursor, { digest }))).toMatchObject(invalid)
  })

  it('is taken for the place that it tells, if there can be one', async () => {
    const places: [TaskSort, (string | number)[]][] = [
      ['createdAt', ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']],
      ['dueDate', ['0001-01-01', '9999-12-31', 'infinity', '-infinity']],
      ['priority', [0, 5]],
      ['title', ['', "'; drop table tasks --", '\\', '\ufeff', '\uffff', '🦆'.repeat(500)]],
      ['relevance', [0, 1e-30, 0.1, 1e30]],
    ]
    for (const [sort, values] of places) {
      const cursor = await cursorOf(listBy(sort))
      for (const value of values) {
        const { tasks } = await user.client.tasks.list.query({
          ...listBy(sort),
          cursor: forgeCursor(cursor, { value }),
        })
        expect(tasks.every(({ userId }) => userId === user.signedIn.user.id)).toBe(true)
      }
    }
  })
})

describe('paging by cursor', () => {
  it.each([
    ['characters of four bytes', '🦆'.repeat(499)],
    ['control characters', '\u0001'.repeat(499)],
    ['quotes', '"'.repeat(499)],
    ['backslashes', '\\'.repeat(499)],
    ['line feeds', '\n'.repeat(499)],
  ])('reads titles of 500 %s', async (_what, start) => {
    const { client } = await backend.signUp()
    const titles = ['a', 'b', 'c', 'd'].map((end) => `${start}${end}`)
    for (const title of titles) await client.tasks.create.mutate({ title })
    for (const order of ['asc', 'desc'] as const) {
      const tasks = await readPages({ client }, { sort: 'title', order, limit: 1 }, 'cursor')
      expect(tasks.map(({ title }) => title)).toEqual(order === 'asc' ? titles : titles.toReversed())
    }
  })

  it('shows every task that nobody touches exactly once, whatever others write between the pages', async () => {
    const change = fc.record({
      op: fc.constantFrom('create', 'update', 'complete', 'reopen', 'delete', 'restore'),
      which: fc.nat({ max: 11 }),
      title: fc.constantFrom('apple', 'Zebra', 'm', '🦆'),
      priority: fc.constantFrom(...Priority.options, null),
      dueDate: fc.constantFrom('2026-01-01', day, '2026-06-01', null),
    })
    const lists = fc.record({
      sort: fc.constantFrom(...TaskSort.options),
      order: fc.constantFrom('asc' as const, 'desc' as const),
      search: fc.constantFrom(undefined, 'apple'),
      completed: fc.constantFrom(undefined, false),
      limit: fc.integer({ min: 1, max: 6 }),
    })
    const sensible = lists.filter(({ sort, search }) => sort !== 'relevance' || search !== undefined)
    const changes = fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(sensible, changes, async (list, turns) => {
        const pager = await backend.signUp()
        const writer = backend.client(`Bearer ${pager.signedIn.accessToken}`)
        const [untouched, touched] = await createHalves(writer)
        const write = async (each: (typeof turns)[number]) => {
          const operations = each.map(({ op, which, ...input }): BatchOperation => {
            if (op === 'create') return { op, input }
            const id = touched[which]?.id ?? ''
            return op === 'update' ? { op, input: { id, ...input } } : { op, input: { id } }
          })
          await writer.tasks.batch.mutate({ atomic: false, operations })
        }
        const seen: string[] = []
        let cursor: string | undefined
        for (let page = 0; page === 0 || cursor !== undefined; page++) {
          const { tasks, nextCursor } = await pager.client.tasks.list.query({ ...list, cursor })
          seen.push(...tasks.map(({ id }) => id))
          cursor = nextCursor ?? undefined
          await write(turns[page] ?? [])
        }
        const expected = expectedTasks(untouched, { ...list, day }).map(({ id }) => id)
        expect(seen.filter((id) => untouched.some((task) => task.id === id))).toEqual(expected)
      }),
      { seed: 20_260_131, numRuns: 25 },
    )
  })

  async function createHalves(client: TestUser['client']): Promise<[Task[], Task[]]> {
    const operations = Array.from(
      { length: 24 },
      (_, index): BatchOperation => ({
        op: 'create',
        input: {
          title: ['apple', 'Zebra', 'apple pie'][index % 3] ?? '',
          description: index % 5 === 0 ? 'apple' : null,
          priority: [...Priority.options, null][index % 5] ?? null,
          dueDate: ['2026-01-01', day, null][index % 4] ?? null,
          completed: index % 7 === 0,
        },
      }),
    )
    const { results } = await client.tasks.batch.mutate({ atomic: true, operations })
    const tasks = results.flatMap((result) => (result.ok ? [result.task] : []))
    return [tasks.filter((_, index) => index % 2 === 0), tasks.filter((_, index) => index % 2 === 1)]
  }
})
