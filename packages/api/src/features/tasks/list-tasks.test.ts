import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { Task } from './contract.ts'

let backend: TestBackend
let user: TestUser
let all: Task[]

const priorities = ['low', 'medium', 'high', 'urgent', null] as const
const titles = ['Zebra', 'apple', 'Äpfel', '🦆', 'apple', '', 'B'].map((title) => title || ' ')

beforeAll(async () => {
  backend = await createTestBackend()
  user = await backend.signUp()
  const stranger = await backend.signUp()
  for (let index = 0; index < 40; index++) {
    await user.client.tasks.create.mutate({
      title: titles[index % titles.length] ?? 'x',
      completed: index % 3 === 0,
      priority: priorities[index % priorities.length] ?? null,
      dueDate: index % 4 === 0 ? null : `2026-0${1 + (index % 9)}-15`,
    })
    await stranger.client.tasks.create.mutate({ title: 'not yours' })
  }
  all = (await user.client.tasks.list.query({ limit: 100 })).tasks
})
afterAll(() => backend.close())

const rank = { createdAt: instant, updatedAt: instant, dueDate: text, title: text, priority: priorityRank }
type Sort = keyof typeof rank

function instant(value: unknown) {
  return (value as Date).getTime()
}
function text(value: unknown) {
  return Buffer.from(String(value)).toString('hex')
}
function priorityRank(value: unknown) {
  return priorities.indexOf(value as (typeof priorities)[number])
}

function expectedOrder({
  tasks,
  sort,
  order,
}: {
  tasks: Task[]
  sort: Sort
  order: 'asc' | 'desc'
}): string[] {
  const sign = order === 'asc' ? 1 : -1
  const compare = (a: number | string, b: number | string) => (a < b ? -1 : a > b ? 1 : 0)
  return [...tasks]
    .sort((a, b) => {
      const [left, right] = [a[sort], b[sort]]
      if ((left === null) !== (right === null)) return left === null ? 1 : -1
      const byValue = left === null ? 0 : compare(rank[sort](left), rank[sort](right))
      return sign * (byValue || compare(a.id, b.id))
    })
    .map(({ id }) => id)
}

describe('tasks.list', () => {
  it('pages through exactly the tasks its filters match, in the order asked for, with their total', async () => {
    const query = fc.record({
      sort: fc.constantFrom<Sort>('createdAt', 'updatedAt', 'dueDate', 'priority', 'title'),
      order: fc.constantFrom('asc', 'desc'),
      completed: fc.option(fc.boolean(), { nil: undefined }),
      priority: fc.option(fc.constantFrom('low', 'medium', 'high', 'urgent'), { nil: undefined }),
      limit: fc.integer({ min: 1, max: 50 }),
    })
    await fc.assert(
      fc.asyncProperty(query, async ({ limit, ...list }) => {
        const matching = all.filter(
          (task) =>
            (list.completed === undefined || task.completed === list.completed) &&
            (list.priority === undefined || task.priority === list.priority),
        )
        const seen: string[] = []
        for (let offset = 0; offset <= matching.length; offset += limit) {
          const page = await user.client.tasks.list.query({ ...list, limit, offset })
          expect(page).toMatchObject({ total: matching.length, limit, offset })
          seen.push(...page.tasks.map(({ id }) => id))
        }
        expect(seen).toEqual(expectedOrder({ tasks: matching, ...list }))
      }),
      { numRuns: 40 },
    )
  })

  it('gives the newest 20 first when nothing is asked for', async () => {
    const page = await user.client.tasks.list.query()
    expect(page).toMatchObject({ total: 40, limit: 20, offset: 0 })
    const ids = page.tasks.map(({ id }) => id)
    expect(ids).toEqual(expectedOrder({ tasks: all, sort: 'createdAt', order: 'desc' }).slice(0, 20))
  })

  it('takes a negative zero for zero', async () => {
    expect(Object.is((await user.client.tasks.list.query({ offset: -0 })).offset, 0)).toBe(true)
  })

  const reasonsOf = async (calls: Promise<unknown>[]) =>
    (await Promise.allSettled(calls)).map((each) =>
      each.status === 'fulfilled' ? 'ok' : each.reason.data.reason,
    )

  it('answers a hundred pages of the default length in one batch, and 20 of the greatest', async () => {
    const pages = Array.from({ length: 100 }, () => user.client.tasks.list.query())
    expect(new Set(await reasonsOf(pages))).toEqual(new Set(['ok']))
    const great = Array.from({ length: 22 }, () => user.client.tasks.list.query({ limit: 100 }))
    expect(await reasonsOf(great)).toEqual([...Array(20).fill('ok'), ...Array(2).fill('ANSWER_TOO_LARGE')])
  })

  it('answers no more text in one batch than a server can write at once', async () => {
    const { client } = await backend.signUp()
    const description = 'x'.repeat(16_000)
    for (let index = 0; index < 100; index++) await client.tasks.create.mutate({ title: 'Long', description })
    const reasons = await reasonsOf(Array.from({ length: 8 }, () => client.tasks.list.query({ limit: 100 })))
    expect(reasons.filter((reason) => reason === 'ok')).toHaveLength(2)
    expect(reasons.filter((reason) => reason === 'ANSWER_TOO_LARGE')).toHaveLength(6)
  })

  it('gives an empty page and the total past the end', async () => {
    expect(await user.client.tasks.list.query({ offset: 1_000_000 })).toMatchObject({ tasks: [], total: 40 })
  })

  it('refuses a caller who is not signed in', async () => {
    await expect(backend.client().tasks.list.query()).rejects.toMatchObject({
      data: { reason: 'AUTHENTICATION_REQUIRED' },
    })
  })

  it.each([
    ['a limit of 0', { limit: 0 }, 'limit'],
    ['a limit of 101 instead of capping it', { limit: 101 }, 'limit'],
    ['a limit that is not whole', { limit: 1.5 }, 'limit'],
    ['a negative offset', { offset: -1 }, 'offset'],
    ['an unknown sort', { sort: 'colour' }, 'sort'],
    ['an unknown order', { order: 'up' }, 'order'],
    ['an unknown filter', { owner: 'me' }, 'owner'],
    ['a completed that is a text', { completed: 'true' }, 'completed'],
  ])('refuses %s', async (_what, input, name) => {
    await expect(user.client.tasks.list.query(input as object)).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
    })
  })

  const orders = (['createdAt', 'updatedAt', 'dueDate', 'priority', 'title'] as const).flatMap((sort) =>
    (['asc', 'desc'] as const).map((order) => ({ sort, order })),
  )
  it.each(orders)('reads a page in the order of an index, without sorting: $sort $order', async (list) => {
    backend.statements.length = 0
    await user.client.tasks.list.query({ ...list, limit: 5 })
    const page = backend.statements.find((statement) => statement.includes('order by'))
    const withValues = page?.replace('$1', `'${user.signedIn.user.id}'`).replace('$2', '5').replace('$3', '0')
    const plan = await backend.database.db.transaction(async (tx) => {
      await tx.execute('set local enable_seqscan = off')
      await tx.execute('set local enable_bitmapscan = off')
      return JSON.stringify(await tx.execute(`explain ${withValues}`))
    })
    expect(plan).toContain('Index Scan')
    expect(plan).not.toContain('Sort')
  })
})
