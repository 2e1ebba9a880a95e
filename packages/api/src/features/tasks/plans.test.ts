import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { ListInput } from './fixtures/list-model.ts'
import { insertManyTasks, insertUsers, manyTasksWords, withoutIndexes } from './fixtures/many-tasks.ts'
import {
  type Explanation,
  explain,
  type PlanNode,
  rowsRead,
  type SentStatement,
  sentStatements,
} from './fixtures/plans.ts'
import { rowsOf } from './fixtures/rows-of.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
  user = await backend.signUp()
  const others = await insertUsers(backend, 4)
  const owners = [
    { ownerId: user.signedIn.user.id, count: 100_000 },
    ...others.map((ownerId) => ({ ownerId, count: 5000 })),
  ]
  await withoutIndexes(backend, () => insertManyTasks(backend, owners))
  await backend.database.db.execute('analyze')
}, 180_000)
afterAll(() => backend.close())

const sorts = ['createdAt', 'updatedAt', 'dueDate', 'priority', 'title'] as const
const orders = sorts.flatMap((sort) => (['asc', 'desc'] as const).map((order) => ({ sort, order })))
const lists = orders.flatMap((list): [string, ListInput][] => [
  [`${list.sort} ${list.order}`, list],
  [`${list.sort} ${list.order}, open`, { ...list, completed: false }],
])

/** For the values at hand, and for any: the server takes either. */
const plans: Explanation[] = [{ isGeneric: false }, { isGeneric: true }]
const depth = 45_000
const roundsOfTimes = 7

const list = (input: ListInput) => user.client.tasks.list.query({ includeTotal: false, ...input })
const sentBy = (input: ListInput) => sentStatements(backend, () => list(input))

async function pageStatement(input: ListInput): Promise<SentStatement> {
  const [page, ...others] = await sentBy(input)
  if (!page || others.length > 0) throw new Error('Not one statement')
  return page
}

async function cursorAt(depth: number, input: ListInput): Promise<string> {
  return (await list({ ...input, limit: 1, offset: depth - 1 })).nextCursor ?? ''
}

const typesOf = (nodes: PlanNode[]) => nodes.map((node) => node['Node Type'])
const indexesOf = (nodes: PlanNode[]) => nodes.flatMap((node) => node['Index Name'] ?? [])

describe('a page of 100 000 tasks', () => {
  it.each(lists)('is read in the order of an index, and no more than it has: %s', async (_which, each) => {
    const cursor = await cursorAt(depth, each)
    const pages: [ListInput, number][] = [
      [{}, 200],
      [{ offset: 200 }, 700],
      [{ cursor }, 200],
    ]
    for (const [page, rowsMax] of pages) {
      const statement = await pageStatement({ ...each, ...page })
      for (const plan of plans) {
        const nodes = await explain(backend, statement, { ...plan, isRun: true })
        expect(typesOf(nodes)).toEqual(['Limit', 'Index Scan'])
        expect(rowsRead(nodes)).toBeGreaterThan(20)
        expect(rowsRead(nodes)).toBeLessThan(rowsMax)
        if (page.cursor) expect(nodes[1]?.['Index Cond']).toMatch(/\(ROW\(.*, id\) [<>] ROW\(.*\)\)/)
      }
    }
  })

  it('is read by an index that no other sort has, one for both orders where that is enough', async () => {
    const used = new Map<string, string[]>()
    for (const each of orders) {
      const [index = ''] = indexesOf(await explain(backend, await pageStatement(each)))
      used.set(index, [...(used.get(index) ?? []), `${each.sort} ${each.order}`])
    }
    expect(Object.fromEntries(used)).toEqual({
      tasks_created_at_idx: ['createdAt asc', 'createdAt desc'],
      tasks_updated_at_idx: ['updatedAt asc', 'updatedAt desc'],
      tasks_due_date_asc_idx: ['dueDate asc'],
      tasks_due_date_desc_idx: ['dueDate desc'],
      tasks_priority_asc_idx: ['priority asc'],
      tasks_priority_desc_idx: ['priority desc'],
      tasks_title_idx: ['title asc', 'title desc'],
    })
    const made = await rowsOf<{ name: string; columns: string }>(
      backend.database.db,
      sql`select indexname as name, substring(indexdef from 'btree \\((.*), id\\) WHERE') as columns
        from pg_indexes where tablename = 'tasks' and indexdef like '%, id) WHERE (deleted_at IS NULL)'`,
    )
    const sorting = made.filter(({ columns }) => !columns.includes('completed, '))
    expect(sorting.map(({ name }) => name).sort()).toEqual([...used.keys()].sort())
    expect(new Set(made.map(({ columns }) => columns)).size).toBe(made.length)
  })

  it('is read by the index for the state, when only the open ones are asked for by default', async () => {
    const statement = await pageStatement({ completed: false })
    for (const plan of plans) {
      expect(indexesOf(await explain(backend, statement, plan))).toEqual(['tasks_completed_created_at_idx'])
    }
  })
})

describe('a search in 100 000 tasks', () => {
  const { rare, uncommon, common } = manyTasksWords
  const countOf = ({ oneIn }: { oneIn: number }) => Math.ceil(100_000 / oneIn)

  it.each([rare, uncommon])(
    'for $word is read by the index of words, of the own tasks alone',
    async (each) => {
      const statements = await sentBy({ search: each.word })
      expect(statements).toHaveLength(2)
      for (const statement of statements) {
        for (const plan of plans) {
          const nodes = await explain(backend, statement, { ...plan, isRun: true })
          expect(indexesOf(nodes)).toContain('tasks_words_idx')
          expect(typesOf(nodes)).not.toContain('Seq Scan')
          // Twice: the bitmap of the index, and the rows.
          expect(rowsRead(nodes)).toBeLessThanOrEqual(countOf(each) + 2)
        }
      }
    },
  )

  it('for a word that very many have reads little more than its page, at any depth', async () => {
    const { nextCursor } = await list({ search: common.word, offset: countOf(common) / 2, limit: 1 })
    for (const page of [{}, { cursor: nextCursor ?? '' }]) {
      const statements = await sentBy({ search: common.word, ...page })
      const statement = statements.find(({ text }) => text.includes('order by'))
      if (!statement) throw new Error('No page was read')
      for (const plan of plans) {
        const nodes = await explain(backend, statement, { ...plan, isRun: true })
        expect(typesOf(nodes)).toEqual(['Limit', 'Index Scan'])
        expect(rowsRead(nodes)).toBeLessThan(400)
      }
    }
  })

  it('gives its first page in less than 10 times the time of a page without a search', async () => {
    const searches = {
      none: {},
      ...Object.fromEntries([rare, uncommon, common].map(({ word }) => [word, { search: word }])),
    }
    const ratios: Record<string, string> = {}
    for (const includeTotal of [true, false]) {
      const medians = await mediansOf(searches, (search: ListInput) => list({ ...search, includeTotal }))
      for (const [name, median] of Object.entries(medians)) {
        const ratio = median / (medians['none'] ?? 0)
        ratios[`${name}${includeTotal ? '' : ' without total'}`] = ratio.toFixed(1)
        if (includeTotal) expect(ratio, name).toBeLessThan(10)
      }
    }
    console.log('Times a page without a search:', JSON.stringify(ratios))
  })

  /** The milliseconds of each, taken in turns. */
  async function mediansOf<Input>(
    inputs: Record<string, Input>,
    run: (input: Input) => Promise<unknown>,
  ): Promise<Record<string, number>> {
    const times = new Map<string, number[]>(Object.keys(inputs).map((name) => [name, []]))
    for (let round = 0; round < roundsOfTimes; round++) {
      for (const [name, input] of Object.entries(inputs)) {
        const start = performance.now()
        await run(input)
        times.get(name)?.push(performance.now() - start)
      }
    }
    const medianOf = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(roundsOfTimes / 2)] ?? 0
    return Object.fromEntries([...times].map(([name, values]) => [name, medianOf(values)]))
  }
})
