import { tables } from '@tasklane/db'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runRetention } from '../../retention/run-retention.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { Task, TaskChanges } from './contract.ts'
import { refusalOf } from './fixtures/refusal-of.ts'
import { countWireStatements } from './fixtures/wire-statements.ts'

let backend: TestBackend
let owner: TestUser
let tasks: TestUser['client']['tasks']

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  owner = await backend.signUp()
  tasks = owner.client.tasks
})
afterAll(() => backend.close())

const create = (title = 'Task') => tasks.create.mutate({ title })

async function createMany(count: number): Promise<Task[]> {
  const created: Task[] = []
  for (let index = 0; index < count; index++) created.push(await create(`Task ${index}`))
  return created
}

const numbersOf = ({ changes }: TaskChanges) => changes.map(({ seq }) => seq)
const idsOf = ({ changes }: TaskChanges) =>
  changes.map((change) => (change.type === 'upsert' ? change.task.id : change.id))

/** Deletes what is in the trash now, and every tombstone, as it is done when they are old. */
async function forgetDeletions(): Promise<void> {
  await runRetention(backend.dependencies, { eventsDays: 1000, trashDays: -1 })
}

describe('tasks.changes', () => {
  it('stands at 0 before the first task', async () => {
    expect(await tasks.changes.query()).toEqual({ changes: [], next: 0, resync: false })
    expect(await tasks.changes.query({ since: 0 })).toEqual({ changes: [], next: 0, resync: false })
  })

  it('without since tells no change, and where the feed stands', async () => {
    await createMany(3)
    expect(await tasks.changes.query()).toEqual({ changes: [], next: 3, resync: false })
    expect(await tasks.changes.query({ limit: 1 })).toEqual({ changes: [], next: 3, resync: false })
  })

  it('tells each new task, as it is, in the order of the writes', async () => {
    const created = await createMany(3)
    expect(await tasks.changes.query({ since: 0 })).toStrictEqual({
      changes: created.map((task, index) => ({ seq: index + 1, type: 'upsert', task })),
      next: 3,
      resync: false,
    })
  })

  it('tells a task once, at its newest change', async () => {
    const [first, second] = (await createMany(2)) as [Task, Task]
    await tasks.complete.mutate({ id: first.id })
    const task = await tasks.update.mutate({ id: first.id, title: 'Newest' })
    const { changes, next } = await tasks.changes.query({ since: 0 })
    expect(changes).toEqual([
      { seq: 2, type: 'upsert', task: second },
      { seq: 4, type: 'upsert', task },
    ])
    expect(next).toBe(4)
  })

  it('tells what came after since, and nothing else', async () => {
    const created = await createMany(5)
    for (let since = 0; since <= 5; since++) {
      const page = await tasks.changes.query({ since })
      expect(idsOf(page)).toEqual(created.slice(since).map(({ id }) => id))
      expect(page.next).toBe(5)
    }
  })

  it.each([1, 2, 3, 4, 5, 6])('gives pages of %i, each with where the next one begins', async (limit) => {
    const created = await createMany(5)
    const ids: string[] = []
    let since = 0
    for (let page = 1; ids.length < created.length; page++) {
      const answer = await tasks.changes.query({ since, limit })
      expect(answer.changes.length).toBe(Math.min(limit, 5 - (page - 1) * limit))
      expect(answer.next).toBe(answer.changes.at(-1)?.seq)
      ids.push(...idsOf(answer))
      since = answer.next
    }
    expect(ids).toEqual(created.map(({ id }) => id))
    expect(await tasks.changes.query({ since, limit })).toEqual({ changes: [], next: 5, resync: false })
  })

  it('gives 100 at most, and without a limit', async () => {
    const operations = Array.from({ length: 51 }, () => ({ op: 'create', input: { title: 'x' } }) as const)
    for (const atomic of [true, false]) await tasks.batch.mutate({ atomic, operations })
    const first = await tasks.changes.query({ since: 0 })
    expect(numbersOf(first)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect(first.next).toBe(100)
    expect(numbersOf(await tasks.changes.query({ since: first.next }))).toEqual([101, 102])
  })

  it('goes past numbers that no task has any more', async () => {
    const [first, second] = (await createMany(2)) as [Task, Task]
    for (const title of ['a', 'b', 'c']) await tasks.update.mutate({ id: first.id, title })
    await tasks.create.mutate({ id: second.id, title: second.title })
    const { next } = await tasks.changes.query()
    for (let since = 0; since <= next; since++) {
      const page = await tasks.changes.query({ since, limit: 1 })
      expect(page.resync).toBe(false)
      expect(page.next).toBeGreaterThanOrEqual(since)
    }
    expect(numbersOf(await tasks.changes.query({ since: 0 }))).toEqual([2, 5])
    expect(numbersOf(await tasks.changes.query({ since: 3 }))).toEqual([5])
  })

  it('moves no number for what changes nothing', async () => {
    const { id } = await create()
    const { next } = await tasks.changes.query()
    await tasks.update.mutate({ id, title: 'Task' })
    await tasks.update.mutate({ id })
    await tasks.reopen.mutate({ id })
    await tasks.restore.mutate({ id })
    await refusalOf(tasks.purge.mutate({ id }))
    expect((await tasks.changes.query()).next).toBe(next)
  })

  it('numbers nothing of a batch that was taken back', async () => {
    const { id } = await create()
    const operations = [
      { op: 'create', input: { title: 'Never' } },
      { op: 'update', input: { id, title: 'Never' } },
      { op: 'complete', input: { id: crypto.randomUUID() } },
    ] as const
    await refusalOf(tasks.batch.mutate({ atomic: true, operations: [...operations] }))
    expect(await tasks.changes.query({ since: 1 })).toEqual({ changes: [], next: 1, resync: false })
  })

  it("tells the caller's own changes only, by the caller's own numbers", async () => {
    const stranger = await backend.signUp()
    const mine = await create()
    const theirs = await stranger.client.tasks.create.mutate({ id: mine.id, title: 'Theirs' })
    await stranger.client.tasks.delete.mutate({ id: theirs.id })
    await stranger.client.tasks.purge.mutate({ id: theirs.id })
    expect(await tasks.changes.query({ since: 0 })).toEqual({
      changes: [{ seq: 1, type: 'upsert', task: mine }],
      next: 1,
      resync: false,
    })
    expect(await stranger.client.tasks.changes.query({ since: 0 })).toEqual({
      changes: [{ seq: 2, type: 'delete', id: mine.id }],
      next: 2,
      resync: false,
    })
  })

  it('is for signed-in callers', async () => {
    expect(await refusalOf(backend.client().tasks.changes.query({ since: 0 }))).toMatchObject({
      httpStatus: 401,
      reason: 'AUTHENTICATION_REQUIRED',
    })
  })

  const refused: [string, object, string][] = [
    ['a negative since', { since: -1 }, 'since'],
    ['a since that is no whole number', { since: 1.5 }, 'since'],
    ['a since that a number cannot hold', { since: 2 ** 53 }, 'since'],
    ['a since that is infinite', { since: Number.POSITIVE_INFINITY }, 'since'],
    ['a since that is a text', { since: '1' }, 'since'],
    ['a since that is null', { since: null }, 'since'],
    ['a limit of 0', { since: 0, limit: 0 }, 'limit'],
    ['a limit of 101', { since: 0, limit: 101 }, 'limit'],
    ['a limit that is no whole number', { since: 0, limit: 2.5 }, 'limit'],
    ['a cursor', { since: 0, cursor: 'x' }, 'cursor'],
  ]
  it.each(refused)('refuses %s, by name', async (_what, input, field) => {
    expect(await refusalOf(tasks.changes.query(input as { since: number }))).toMatchObject({
      httpStatus: 400,
      reason: 'INPUT_INVALID',
      issues: [{ path: [field] }],
    })
  })

  it.each([{}, { since: 0 }, { since: 2, limit: 1 }, { since: 99 }])(
    'asks the database once for %o',
    async (input) => {
      await createMany(4)
      expect(await countWireStatements(backend, () => tasks.changes.query(input))).toBe(1)
    },
  )
})

describe('a deletion', () => {
  it('is told by the id alone, whether trashed or purged', async () => {
    const [first, second] = (await createMany(2)) as [Task, Task]
    await tasks.delete.mutate({ id: first.id })
    await tasks.delete.mutate({ id: second.id })
    await tasks.purge.mutate({ id: second.id })
    expect(await tasks.changes.query({ since: 2 })).toStrictEqual({
      changes: [
        { seq: 3, type: 'delete', id: first.id },
        { seq: 4, type: 'delete', id: second.id },
      ],
      next: 4,
      resync: false,
    })
  })

  it('of a task that was purged is told to whoever has not read of it, and to nobody else', async () => {
    const { id } = await create()
    await tasks.delete.mutate({ id })
    await tasks.purge.mutate({ id })
    for (const since of [0, 1]) expect(idsOf(await tasks.changes.query({ since }))).toEqual([id])
    expect(await tasks.changes.query({ since: 2 })).toEqual({ changes: [], next: 2, resync: false })
  })

  it('stands among the other changes in the order of the numbers, over pages too', async () => {
    const created = await createMany(6)
    for (const { id } of created.slice(0, 4)) await tasks.delete.mutate({ id })
    for (const { id } of created.slice(1, 3)) await tasks.purge.mutate({ id })
    await tasks.update.mutate({ id: created[4]?.id ?? '', title: 'Last' })
    const seen: [number, string][] = []
    for (let since = 0; since < 11; ) {
      const page = await tasks.changes.query({ since, limit: 2 })
      for (const { seq, type } of page.changes) seen.push([seq, type])
      since = page.next
    }
    expect(seen).toEqual([
      [6, 'upsert'],
      [7, 'delete'],
      [8, 'delete'],
      [9, 'delete'],
      [10, 'delete'],
      [11, 'upsert'],
    ])
  })

  it('is no longer told of a task that was restored, or made anew', async () => {
    const { id } = await create()
    await tasks.delete.mutate({ id })
    const restored = await tasks.restore.mutate({ id })
    expect((await tasks.changes.query({ since: 0 })).changes).toEqual([
      { seq: 3, type: 'upsert', task: restored },
    ])
    await tasks.delete.mutate({ id })
    await tasks.purge.mutate({ id })
    const again = await tasks.create.mutate({ id, title: 'Again' })
    expect((await tasks.changes.query({ since: 3 })).changes).toEqual([
      { seq: 5, type: 'upsert', task: again },
    ])
  })
})

describe('a reader is told to load everything', () => {
  const resync = (next: number) => ({ changes: [], next, resync: true })

  it('who has read more than there is', async () => {
    for (const since of [1, 99, Number.MAX_SAFE_INTEGER])
      expect(await tasks.changes.query({ since })).toEqual(resync(0))
    await createMany(2)
    for (const since of [3, 99, Number.MAX_SAFE_INTEGER])
      expect(await tasks.changes.query({ since })).toEqual(resync(2))
    expect(await tasks.changes.query({ since: 2 })).toMatchObject({ resync: false })
  })

  it.each(['trashed', 'purged'])('who has not read of a %s task that was forgotten', async (kind) => {
    const [first, second] = (await createMany(2)) as [Task, Task]
    await tasks.delete.mutate({ id: first.id })
    if (kind === 'purged') await tasks.purge.mutate({ id: first.id })
    await tasks.update.mutate({ id: second.id, title: 'Later' })
    await forgetDeletions()
    for (const since of [0, 1, 2]) expect(await tasks.changes.query({ since })).toEqual(resync(4))
    for (const limit of [1, 100]) {
      const { changes, ...rest } = await tasks.changes.query({ since: 3, limit })
      expect(changes).toMatchObject([{ seq: 4, type: 'upsert', task: { title: 'Later' } }])
      expect(rest).toEqual({ next: 4, resync: false })
    }
    expect(await tasks.changes.query({ since: 4 })).toEqual({ changes: [], next: 4, resync: false })
  })

  it('and nobody else, when nothing was forgotten', async () => {
    await createMany(2)
    await forgetDeletions()
    expect(await tasks.changes.query({ since: 0 })).toMatchObject({ resync: false, next: 2 })
  })

  it('whose feed went with the account', async () => {
    const { users } = tables
    const { next: since } = await tasks.changes.query({ since: (await createMany(2)).length })
    await backend.database.db.delete(users).where(eq(users.id, owner.signedIn.user.id))
    expect(await tasks.changes.query({ since })).toEqual(resync(0))
  })
})

describe('in a batch of calls', () => {
  it('asks for no more tasks than one answer holds', async () => {
    await create()
    const answers = await Promise.allSettled(
      Array.from({ length: 21 }, () => tasks.changes.query({ since: 0 })),
    )
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
    expect(refusals).toMatchObject([{ data: { httpStatus: 400, reason: 'ANSWER_TOO_LARGE' } }])
  })

  it('answers no more text than one answer holds', async () => {
    const { tasks: table } = tables
    await createMany(50)
    const isOwn = eq(table.userId, owner.signedIn.user.id)
    await backend.database.db
      .update(table)
      .set({ description: 'x'.repeat(16_000) })
      .where(isOwn)
    const answers = await Promise.allSettled(
      Array.from({ length: 6 }, () => tasks.changes.query({ since: 0 })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'fulfilled'),
      'rejected',
    ])
  })

  it('takes no room to say where the feed stands', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => tasks.changes.query()))
    expect(answers).toHaveLength(50)
  })
})
