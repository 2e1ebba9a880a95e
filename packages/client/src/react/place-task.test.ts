import type { ListedTask, Task, TaskList } from '@tasklane/api/contract'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TasklaneClient } from '../create-client.ts'
import { createSignedInSetting } from '../fixtures/client.ts'
import type { ListInput } from './list-order.ts'
import { placeTask } from './place-task.ts'

let database: Database
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

const runsMax = 4
const today = '2026-06-15'
const sorts = ['createdAt', 'updatedAt', 'dueDate', 'priority', 'title'] as const
const inputs: ListInput[] = [
  ...sorts.flatMap((sort) => [
    { sort, order: 'asc' as const },
    { sort, order: 'desc' as const, completed: false },
  ]),
  ...[{ completed: true }, { priority: 'high' as const }, { tag: 'Home' }, { trashed: true }],
  ...[{ dueBefore: today }, { dueAfter: today }, { dueOn: today }, { overdue: true, today }],
  ...[{ overdue: false, today }, { search: 'milk' }, { fields: 'compact' as const }, { offset: 1 }],
]
const limits = [100, 3]

interface Loaded {
  input: ListInput
  pages: readonly TaskList[]
}

/** Two pages at most. */
async function load({ tasks }: TasklaneClient, input: ListInput): Promise<Loaded> {
  const first = await tasks.list.query(input)
  if (first.nextCursor === null || input.offset !== undefined) return { input, pages: [first] }
  return { input, pages: [first, await tasks.list.query({ ...input, cursor: first.nextCursor })] }
}

const Fields = fc.record(
  {
    title: fc.constantFrom('milk', 'Milk and bread', 'Zoo', 'ärger', 'zebra'),
    priority: fc.constantFrom(null, 'low', 'medium', 'high', 'urgent'),
    dueDate: fc.constantFrom(null, '2026-06-14', today, '2026-06-16'),
    tags: fc.subarray(['home', 'work']),
  },
  { requiredKeys: ['title'] },
)
const Operation = fc.record({
  op: fc.constantFrom('create', 'create', 'update', 'complete', 'reopen', 'delete', 'restore'),
  fields: Fields,
  which: fc.nat({ max: 7 }),
})
type Operation = typeof Operation extends fc.Arbitrary<infer Value> ? Value : never

/** A few lists at a time, each of which is asked for after each write. */
const Lists = fc.subarray(inputs, { minLength: 7, maxLength: 7 })
const Operations = fc.array(Operation, { minLength: 10, maxLength: 10 })

async function perform({ tasks }: TasklaneClient, known: Task[], { op, fields, which }: Operation) {
  const id = known[which % Math.max(known.length, 1)]?.id
  if (op === 'create' || id === undefined) return await tasks.create.mutate(fields)
  if (op === 'update') return await tasks.update.mutate({ id, ...fields }).catch(() => undefined)
  return await tasks[op].mutate({ id }).catch(() => undefined)
}

const idsOf = (pages: readonly TaskList[]) => pages.flatMap(({ tasks }) => tasks.map(({ id }) => id))
const withoutSnippet = ({ snippet: _, ...task }: ListedTask) => task
const tasksOf = (pages: readonly TaskList[]) => pages.flatMap(({ tasks }) => tasks.map(withoutSnippet))

it('puts a task where the server has it, in every list, or says that the server has to be asked', async () => {
  let certain = 0
  const property = fc.asyncProperty(Lists, Operations, async (chosen, operations) => {
    const { client } = await createSignedInSetting(database)
    const known: Task[] = []
    let lists = chosen.flatMap((input) =>
      limits.map((limit): Loaded => ({ input: { ...input, limit }, pages: [] })),
    )
    lists = await Promise.all(lists.map(({ input }) => load(client, input)))
    for (const operation of operations) {
      const task = await perform(client, known, operation)
      if (!task) continue
      if (!known.some(({ id }) => id === task.id)) known.push(task)
      const answers = await Promise.all(lists.map(({ input }) => load(client, input)))
      lists = lists.map((list, index) => {
        const { isCertain, pages } = placeTask(list, task)
        const answer = answers[index] ?? list
        if (!isCertain) return answer
        certain += 1
        const expected = tasksOf(answer.pages).slice(0, idsOf(pages).length)
        const shown = { list: list.input, tasks: tasksOf(pages).slice(0, expected.length) }
        expect(shown).toEqual({ list: list.input, tasks: expected })
        expect(pages[0]?.total).toBe(answer.pages[0]?.total)
        return { ...list, pages }
      })
    }
  })
  await fc.assert(property, { numRuns: runsMax, endOnFailure: true })
  expect(certain).toBeGreaterThan(runsMax * 7 * 7)
}, 60_000)
