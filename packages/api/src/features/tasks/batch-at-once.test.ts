import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { BatchTasks, Task } from './contract.ts'

let backend: TestBackend
let owner: TestUser
let tasks: Task[]

beforeAll(async () => {
  backend = await createTestBackend()
  owner = await backend.signUp()
})
beforeEach(async () => {
  tasks = await Promise.all(
    Array.from({ length: 6 }, () => owner.client.tasks.create.mutate({ title: 'Start' })),
  )
})
afterAll(() => backend.close())

type Operation = BatchTasks['operations'][number]
type Client = TestUser['client']

const rounds = 40

let changes = 0
const newTitle = () => `change ${++changes}`
const updates = (ids: readonly string[]): Operation[] =>
  ids.map((id) => ({ op: 'update', input: { id, title: newTitle() } }))
/** A client whose calls go out in requests of their own. */
const device = () => backend.client(`Bearer ${owner.signedIn.accessToken}`)
const readChanges = (since: number) => owner.client.tasks.changes.query({ since })
const readAll = async () => await Promise.all(tasks.map(({ id }) => owner.client.tasks.get.query({ id })))

describe('writers of one owner at once', () => {
  it('with atomic batches in opposite orders and single writes never wait for each other for ever', async () => {
    const ids = tasks.map(({ id }) => id)
    for (let round = 0; round < rounds; round++) {
      await Promise.all([
        device().tasks.batch.mutate({ atomic: true, operations: updates(ids) }),
        device().tasks.batch.mutate({ atomic: true, operations: updates(ids.toReversed()) }),
        device().tasks.batch.mutate({ atomic: false, operations: updates(ids) }),
        ...ids.map((id) => device().tasks.update.mutate({ id, title: newTitle() })),
      ])
    }
    for (const task of await readAll()) expect(task.version).toBe(1 + 4 * rounds)
  }, 60_000)

  it('with everything that writes, in any order, do not fail, and no two changes have one number', async () => {
    const writes: ((client: Client, id: string) => Promise<unknown>)[] = [
      (client, id) => client.tasks.update.mutate({ id, title: newTitle() }),
      (client, id) => client.tasks.delete.mutate({ id }),
      (client, id) => client.tasks.restore.mutate({ id }),
      (client, id) => client.tasks.complete.mutate({ id }),
      (client) => client.tasks.create.mutate({ title: 'Beside' }),
      (client, id) =>
        client.tasks.batch.mutate({
          atomic: true,
          operations: [
            { op: 'create', input: { title: 'Beside' } },
            { op: 'restore', input: { id } },
            { op: 'reopen', input: { id } },
            ...updates([id]),
            { op: 'create', input: { title: 'Beside' } },
            { op: 'delete', input: { id } },
          ],
        }),
      (client, id) => client.tasks.purge.mutate({ id }),
      (client, id) => client.tasks.create.mutate({ id, title: 'Again' }),
    ]
    const expected = ['TASK_NOT_FOUND', 'TASK_NOT_IN_TRASH', 'TASK_ID_TAKEN']
    let written = 0
    for (let round = 0; round < rounds; round++) {
      const calls = Array.from({ length: 10 }, () => {
        const write = writes[randomInt(writes.length)]
        return write?.(device(), tasks[randomInt(3)]?.id ?? '')
      })
      for (const outcome of await Promise.allSettled(calls)) {
        if (outcome.status === 'fulfilled') written += 1
        else expect(expected).toContain(outcome.reason.data?.reason)
      }
    }
    expect(written).toBeGreaterThan(rounds)
    const seqs: number[] = []
    for (let page = await readChanges(0); page.changes.length > 0; page = await readChanges(page.next))
      seqs.push(...page.changes.map(({ seq }) => seq))
    expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other))
  }, 60_000)

  it('with atomic batches of which each is taken back see nothing of it', async () => {
    const ids = tasks.map(({ id }) => id)
    const bad: Operation = { op: 'complete', input: { id: crypto.randomUUID() } }
    for (let round = 0; round < rounds / 2; round++) {
      const outcomes = await Promise.allSettled([
        device().tasks.batch.mutate({ atomic: true, operations: [...updates(ids), bad] }),
        device().tasks.batch.mutate({ atomic: true, operations: updates(ids.toReversed()) }),
        device().tasks.batch.mutate({ atomic: true, operations: [...updates(ids.toReversed()), bad] }),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
      for (const outcome of outcomes)
        if (outcome.status === 'rejected')
          expect(outcome.reason).toMatchObject({ data: { reason: 'TASK_NOT_FOUND', index: ids.length } })
    }
    for (const task of await readAll()) expect(task.version).toBe(1 + rounds / 2)
  }, 60_000)

  it('with the first tasks of a new user, in batches and alone, all succeed', async () => {
    for (let round = 0; round < 5; round++) {
      const { signedIn, client } = await backend.signUp()
      const newDevice = () => backend.client(`Bearer ${signedIn.accessToken}`)
      const creation: Operation = { op: 'create', input: { title: 'First' } }
      await Promise.all([
        newDevice().tasks.create.mutate({ title: 'First' }),
        newDevice().tasks.batch.mutate({ atomic: true, operations: [creation, creation] }),
        newDevice().tasks.batch.mutate({ atomic: false, operations: [creation, creation] }),
        newDevice().tasks.create.mutate({ title: 'First' }),
      ])
      expect(await client.tasks.counts.query()).toMatchObject({ total: 6 })
      expect((await client.tasks.changes.query({ since: 0 })).changes).toHaveLength(6)
    }
  }, 60_000)
})

describe('the same atomic batch at once', () => {
  it('makes its tasks once, and each caller gets all of them', async () => {
    const operations: Operation[] = Array.from({ length: 20 }, (_, index) => ({
      op: 'create',
      input: { id: crypto.randomUUID(), title: `${index}` },
    }))
    const before = await owner.client.tasks.counts.query()
    const [first, ...others] = await Promise.all(
      Array.from({ length: 8 }, () => device().tasks.batch.mutate({ atomic: true, operations })),
    )
    for (const other of others) expect(other).toEqual(first)
    expect(await owner.client.tasks.counts.query()).toMatchObject({ total: before.total + 20 })
  })

  it('in another order makes them once too', async () => {
    for (let round = 0; round < rounds / 2; round++) {
      const operations: Operation[] = Array.from({ length: 5 }, (_, index) => ({
        op: 'create',
        input: { id: crypto.randomUUID(), title: `${index}` },
      }))
      const batches = [operations, operations.toReversed()].map((each) =>
        device().tasks.batch.mutate({ atomic: true, operations: each }),
      )
      const [one, other] = await Promise.all(batches)
      const tasksOf = (answer: typeof one) => answer?.results.map((result) => result.ok && result.task)
      expect(tasksOf(other)).toEqual(tasksOf(one)?.toReversed())
    }
  })
})
