import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runRetention } from '../../retention/run-retention.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { BatchOperation } from './contract.ts'
import { FeedReader, type Folded, liveTasks } from './fixtures/feed-reader.ts'

let backend: TestBackend

beforeAll(async () => {
  backend = await createTestBackend()
})
afterAll(() => backend.close())

type Tasks = TestUser['client']['tasks']
type Op = BatchOperation['op'] | 'purge'

const idsCount = 5
const write = fc.record({
  op: fc.constantFrom<Op>(
    ...(['create', 'create', 'update', 'replace', 'complete', 'reopen', 'delete', 'delete'] as const),
    ...(['restore', 'purge', 'purge'] as const),
  ),
  index: fc.nat(idsCount - 1),
  title: fc.constantFrom('a', 'b', 'c'),
})
type Write = typeof write extends fc.Arbitrary<infer Value> ? Value : never

const step = fc.oneof(
  { weight: 8, arbitrary: write.map((each) => ({ do: 'write', write: each }) as const) },
  {
    weight: 2,
    arbitrary: fc
      .record({ atomic: fc.boolean(), writes: fc.array(write, { minLength: 1, maxLength: 5 }) })
      .map((batch) => ({ do: 'batch', ...batch }) as const),
  },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }).map((limit) => ({ do: 'read', limit }) as const) },
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

function operationOf({ op, index, title }: Write, ids: readonly string[]): BatchOperation {
  const id = ids[index] ?? ''
  if (op === 'purge') return { op: 'delete', input: { id } }
  return op === 'create' || op === 'update' || op === 'replace'
    ? { op, input: { id, title } }
    : { op, input: { id } }
}

/** Runs the step. Many of them are refused: there is no such task, or the id is taken. */
async function run(tasks: Tasks, { step, ids }: { step: Step; ids: readonly string[] }): Promise<void> {
  const done = (() => {
    if (step.do === 'read') return undefined
    if (step.do === 'batch') {
      const operations = step.writes.map((each) => operationOf(each, ids))
      return tasks.batch.mutate({ atomic: step.atomic, operations })
    }
    if (step.write.op === 'purge') return tasks.purge.mutate({ id: ids[step.write.index] ?? '' })
    const { op, input } = operationOf(step.write, ids)
    return tasks[op].mutate(input as never)
  })()
  await done?.catch((error: { data?: { reason: string } }) => {
    expect(['TASK_NOT_FOUND', 'TASK_ID_TAKEN', 'TASK_NOT_IN_TRASH']).toContain(error.data?.reason)
  })
}

interface Point {
  position: number
  state: Folded
}

it('gives the tasks as they are, folded from any point onto what was there at that point', async () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 30, size: 'max' })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (all, limit) => {
      const { client } = await backend.signUp()
      const { tasks } = client
      const ids = Array.from({ length: idsCount }, () => crypto.randomUUID())
      const points = new Map<string, Point>()
      // Behind by whole pages: its points are not the table's, but what it has read by then.
      const slow = new FeedReader(tasks, { position: 0, state: new Map() })
      for (const each of all) {
        await run(tasks, { step: each, ids })
        if (each.do === 'read') await slow.read(each.limit)
        const { next: position } = await tasks.changes.query()
        points.set(`${position}`, { position, state: await liveTasks(tasks) })
        points.set(`slow ${slow.position}`, { position: slow.position, state: new Map(slow.state) })
      }
      const final = await liveTasks(tasks)
      for (const point of points.values()) {
        const reader = new FeedReader(tasks, point)
        expect(await reader.readAll(limit)).toEqual(final)
        expect(reader.resyncs).toBe(0)
      }
    }),
    { numRuns: 10 },
  )
}, 120_000)

it('and so does a reader who loads everything when told to, while deletions are forgotten', async () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 9, arbitrary: step },
      { weight: 1, arbitrary: fc.constant({ do: 'forget' } as const) },
    ),
    { minLength: 10, maxLength: 30, size: 'max' },
  )
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (all, limit) => {
      const { client } = await backend.signUp()
      const { tasks } = client
      const ids = Array.from({ length: idsCount }, () => crypto.randomUUID())
      const points = new Map<number, Point>([[0, { position: 0, state: new Map() }]])
      for (const each of all) {
        if (each.do === 'forget') {
          await runRetention(backend.dependencies, { eventsDays: 1000, trashDays: -1 })
          continue
        }
        await run(tasks, { step: each, ids })
        const { next: position } = await tasks.changes.query()
        points.set(position, { position, state: await liveTasks(tasks) })
      }
      const final = await liveTasks(tasks)
      for (const point of points.values()) {
        const reader = new FeedReader(tasks, point)
        expect(await reader.readAll(limit)).toEqual(final)
        expect(reader.resyncs).toBeLessThanOrEqual(1)
      }
    }),
    { numRuns: 10 },
  )
}, 120_000)
