import { tables } from '@tasklane/db'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { ListedTask } from './contract.ts'
import type { ListInput } from './fixtures/list-model.ts'
import { insertManyTasks } from './fixtures/many-tasks.ts'
import { readPages } from './fixtures/read-pages.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend

beforeAll(async () => {
  backend = await createTestBackend()
})
afterAll(() => backend.close())

/** A word of each of the tasks that are inserted. */
const search = 'task'
const rankedMax = 2000

/** Somebody with so many tasks, one of which has the word twice and is none of the newest. */
async function signUpWith(count: number): Promise<TestUser & { best: string }> {
  const user = await backend.signUp()
  await insertManyTasks(backend, [{ ownerId: user.signedIn.user.id, count }])
  const { tasks } = await user.client.tasks.list.query({ sort: 'createdAt', order: 'asc', limit: 1 })
  const best = tasks[0]?.id ?? ''
  await user.client.tasks.update.mutate({ id: best, description: `another ${search}` })
  return { ...user, best }
}

const idsOf = (tasks: ListedTask[]) => tasks.map(({ id }) => id)
const pages = async (user: TestUser, list: ListInput) =>
  idsOf(await readPages(user, { ...list, limit: 100, fields: 'compact' }, 'cursor'))

describe('a search that matches', () => {
  it(`${rankedMax} tasks tells the best first, and one more the newest`, async () => {
    const user = await signUpWith(rankedMax)
    const { client, best } = user
    const first = async (list: ListInput = {}) =>
      (await client.tasks.list.query({ search, limit: 1, ...list })).tasks[0]?.id
    expect(await first()).toBe(best)
    const { id } = await client.tasks.create.mutate({ title: `The newest ${search}` })
    expect(await first()).toBe(id)
    expect(await first({ sort: 'relevance' })).toBe(id)
    expect(await first({ sort: 'relevance', order: 'asc' })).toBe(id)
    expect(await first({ includeTotal: false })).toBe(id)
    await client.tasks.delete.mutate({ id })
    expect(await first()).toBe(best)
    expect(await first({ includeTotal: false })).toBe(best)
  })

  it('very many tasks gives each once, newest first, in both kinds of pages', async () => {
    const user = await signUpWith(rankedMax + 50)
    const newestFirst = await pages(user, { sort: 'createdAt' })
    expect(newestFirst).toHaveLength(rankedMax + 50)
    expect(await pages(user, { search })).toEqual(newestFirst)
    const byOffset = await readPages(user, { search, limit: 100, fields: 'compact' }, 'offset')
    expect(idsOf(byOffset)).toEqual(newestFirst)
    expect(await pages(user, { search, includeTotal: true })).toEqual(newestFirst)
  })

  it('very many tasks keeps to the other filters and to any other sort', async () => {
    const user = await signUpWith(2 * rankedMax + 50)
    const lists: ListInput[] = [
      { sort: 'title', order: 'asc' },
      { sort: 'dueDate', order: 'asc', completed: false },
    ]
    for (const list of lists) {
      const expected = await pages(user, list)
      expect(expected.length).toBeGreaterThan(rankedMax)
      expect(await pages(user, { ...list, search: '-nothing' })).toEqual(expected)
    }
  })

  it('very many tasks of the trash gives each once, newest first', async () => {
    const user = await signUpWith(rankedMax + 1)
    const all = await pages(user, {})
    const { tasks } = tables
    const ofUser = eq(tasks.userId, user.signedIn.user.id)
    await backend.database.db.update(tasks).set({ deletedAt: sql`now()` }).where(ofUser)
    expect(await pages(user, { search, trashed: true })).toEqual(all)
    expect(await pages(user, { search })).toEqual([])
  })

  it.each([
    ['more', rankedMax - 1, 'create'],
    ['no more', rankedMax + 1, 'delete'],
  ] as const)(
    '%s than can be ranked since the last page goes on as it began',
    async (_what, count, change) => {
      const user = await signUpWith(count)
      const { client } = user
      const all = await pages(user, { search })
      expect(all).toHaveLength(count)
      expect(all[0] === user.best).toBe(change === 'create')
      const first = await client.tasks.list.query({ search, limit: 100 })
      const gone = change === 'delete' ? all.slice(10, 20) : []
      for (const id of gone) await client.tasks.delete.mutate({ id })
      const added =
        change === 'create' ? Array.from({ length: 10 }, (_, index) => `A new ${search} ${index}`) : []
      for (const title of added) await client.tasks.create.mutate({ title })
      const seen = idsOf(first.tasks)
      for (let cursor = first.nextCursor; cursor !== null; ) {
        const page = await client.tasks.list.query({ search, limit: 100, cursor })
        seen.push(...idsOf(page.tasks))
        cursor = page.nextCursor
      }
      expect(new Set(seen).size).toBe(seen.length)
      const before = new Set(all)
      expect(seen.filter((id) => before.has(id))).toEqual(all)
      const { total } = await client.tasks.list.query({ search, limit: 1 })
      expect(total).toBe(change === 'create' ? rankedMax + 9 : rankedMax - 9)
    },
  )

  it('very many tasks has cursors that no other list takes, nor another search', async () => {
    const { client } = await signUpWith(rankedMax + 1)
    const { nextCursor } = await client.tasks.list.query({ search, limit: 5 })
    const cursor = nextCursor ?? ''
    const others: [ListInput, string][] = [
      [{ search }, cursor.slice(1)],
      [{ search }, `${cursor[0]}${cursor}`],
      [{ search: 'tasks' }, cursor],
      [{ search, sort: 'createdAt' }, cursor],
      [{}, cursor],
    ]
    for (const [list, other] of others) {
      const refusal = await refusalOf(client.tasks.list.query({ ...list, cursor: other }))
      expect(refusal).toMatchObject({ code: 'UNPROCESSABLE_CONTENT', reason: 'CURSOR_INVALID' })
    }
  })
})
