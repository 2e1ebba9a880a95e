import { randomUUID } from 'node:crypto'
import { tables } from '@tasklane/db'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BatchTasks, Task } from './features/tasks/contract.ts'
import { createTestBackend, type TestBackend, type TestUser } from './testing.ts'

type ForeignTask = 'not_found' | 'forbidden'

const backends = new Map<ForeignTask, TestBackend>()

beforeAll(async () => {
  for (const foreignTask of ['not_found', 'forbidden'] as const)
    backends.set(foreignTask, await createTestBackend({ foreignTask }))
})
afterAll(async () => {
  for (const backend of backends.values()) await backend.close()
})

const usersCount = 3

/** Writes that find a live task only. */
const liveWrites = ['update', 'replace', 'complete', 'reopen'] as const
const writes = [...liveWrites, 'delete', 'restore'] as const
const actions = [
  ...writes,
  ...([
    'create',
    'createSameId',
    'get',
    'list',
    'counts',
    'changes',
    'purge',
    'batch',
    'atomicBatch',
  ] as const),
] as const

interface Step {
  user: number
  /** Whose task is meant, and the how manieth. */
  target: { user: number; index: number }
  action: (typeof actions)[number]
  /** What a batch does. */
  write: (typeof writes)[number]
  title: string
}

const step: fc.Arbitrary<Step> = fc.record({
  user: fc.nat(usersCount - 1),
  target: fc.record({ user: fc.nat(usersCount - 1), index: fc.nat(5) }),
  action: fc.constantFrom(...actions),
  write: fc.constantFrom(...writes),
  title: fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .filter((title) => !title.includes('\0')),
})

/** What each user should have: the model that the server is compared with. */
class Model {
  readonly tasks = Array.from({ length: usersCount }, () => new Map<string, Task>())
  readonly purged = Array.from({ length: usersCount }, () => new Set<string>())
  /** Of nobody, until it is created. */
  readonly absentId = randomUUID()
  readonly users: TestUser[]
  readonly foreignTask: ForeignTask
  constructor(users: TestUser[], foreignTask: ForeignTask) {
    this.users = users
    this.foreignTask = foreignTask
  }

  targetId({ user, index }: Step['target']): string {
    return [...(this.tasks[user]?.keys() ?? [])][index] ?? this.absentId
  }

  /** How a task is answered that the user does not have. */
  refusalOf(user: number, id: string) {
    const isForeign = !this.ownOf(user).has(id) && this.tasks.some((tasks) => tasks.has(id))
    const isTold = isForeign && this.foreignTask === 'forbidden'
    return { reason: isTold ? 'TASK_FORBIDDEN' : 'TASK_NOT_FOUND' }
  }

  ownOf(user: number): Map<string, Task> {
    return this.tasks[user] ?? new Map()
  }

  async run({ user, target, action, write, title }: Step): Promise<void> {
    const { client } = this.users[user] as TestUser
    const own = this.ownOf(user)
    const live = [...own.values()].filter(({ deletedAt }) => deletedAt === null)
    const trashed = [...own.values()].filter(({ deletedAt }) => deletedAt !== null)
    const id = this.targetId(target)
    const known = own.get(id)
    switch (action) {
      case 'create':
        return this.keep(user, await client.tasks.create.mutate({ title }))
      case 'createSameId': {
        if (known) return
        return this.keep(user, await client.tasks.create.mutate({ id, title }))
      }
      case 'list': {
        const { tasks, total } = await client.tasks.list.query({ limit: 100, sort: 'title' })
        expect(total).toBe(live.length)
        expect(new Set(tasks)).toEqual(new Set(live))
        const trash = await client.tasks.list.query({ limit: 100, trashed: true })
        return expect(new Set(trash.tasks)).toEqual(new Set(trashed))
      }
      case 'counts': {
        const completed = live.filter((task) => task.completed).length
        const counts = {
          total: live.length,
          open: live.length - completed,
          completed,
          trashed: trashed.length,
        }
        return expect(await client.tasks.counts.query()).toMatchObject(counts)
      }
      case 'changes': {
        const { changes } = await client.tasks.changes.query({ since: 0 })
        const told = changes.map((change) => (change.type === 'upsert' ? change.task : change.id))
        const gone = [...trashed.map((task) => task.id), ...(this.purged[user] ?? [])]
        return expect(new Set(told)).toEqual(new Set([...live, ...gone]))
      }
      case 'get': {
        const call = client.tasks.get.query({ id })
        if (known?.deletedAt === null) return expect(await call).toEqual(known)
        return await expect(call).rejects.toMatchObject({ data: this.refusalOf(user, id) })
      }
      case 'purge':
        return await this.purge(user, id)
      case 'batch': {
        const { results } = await client.tasks.batch.mutate({
          atomic: false,
          operations: [{ op: 'create', input: { title } }, operationOf(write, id, title)],
        })
        expect(results[0]).toMatchObject({ ok: true })
        for (const result of results) {
          if (result.ok) this.keep(user, result.task)
          else expect(result).toMatchObject({ index: 1, ...this.refusalOf(user, id) })
        }
        return expect(results[1]?.ok).toBe(isFound(known, write))
      }
      case 'atomicBatch': {
        const operations = [{ op: 'create', input: { title } } as const, operationOf(write, id, title)]
        const call = client.tasks.batch.mutate({ atomic: true, operations })
        if (!isFound(known, write))
          return await expect(call).rejects.toMatchObject({ data: { index: 1, ...this.refusalOf(user, id) } })
        for (const result of (await call).results) if (result.ok) this.keep(user, result.task)
        return
      }
      default: {
        const call =
          action === 'update' || action === 'replace'
            ? client.tasks[action].mutate({ id, title })
            : client.tasks[action].mutate({ id })
        if (!isFound(known, action))
          return await expect(call).rejects.toMatchObject({ data: this.refusalOf(user, id) })
        const task = await call
        expect(task).toMatchObject({ id: known?.id, userId: known?.userId })
        this.keep(user, task)
      }
    }
  }

  async purge(user: number, id: string): Promise<void> {
    const known = this.ownOf(user).get(id)
    const call = this.users[user]?.client.tasks.purge.mutate({ id })
    if (known?.deletedAt === null) {
      await expect(call).rejects.toMatchObject({ data: { reason: 'TASK_NOT_IN_TRASH' } })
    } else if (known || this.purged[user]?.has(id)) {
      expect(await call).toEqual({ id })
      this.ownOf(user).delete(id)
      this.purged[user]?.add(id)
    } else {
      await expect(call).rejects.toMatchObject({ data: this.refusalOf(user, id) })
    }
  }

  keep(user: number, task: Task): void {
    this.ownOf(user).set(task.id, task)
    this.purged[user]?.delete(task.id)
  }

  /** The rows themselves, trashed ones too. */
  async expectRowsAsKnown({ database }: TestBackend): Promise<void> {
    const { taskFields, tasks } = tables
    for (const [user, { signedIn }] of this.users.entries()) {
      const rows = await database.db.select(taskFields).from(tasks).where(eq(tasks.userId, signedIn.user.id))
      expect(new Set(rows)).toEqual(new Set(this.tasks[user]?.values()))
    }
  }
}

/** Whether the write finds a task of one's own: a live one, and some also one in the trash. */
function isFound(known: Task | undefined, write: Step['write']): boolean {
  if (!known) return false
  return known.deletedAt === null || write === 'delete' || write === 'restore'
}

function operationOf(op: Step['write'], id: string, title: string): BatchTasks['operations'][number] {
  return op === 'update' || op === 'replace' ? { op, input: { id, title } } : { op, input: { id } }
}

it.each(['not_found', 'forbidden'] as const)(
  'never shows or changes a task to anybody but its owner, whatever they call: %s',
  async (foreignTask) => {
    const backend = backends.get(foreignTask) as TestBackend
    const steps = fc.array(step, { minLength: 10, maxLength: 50 })
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const users = await Promise.all(Array.from({ length: usersCount }, () => backend.signUp()))
        const model = new Model(users, foreignTask)
        for (const each of sequence) await model.run(each)
        await model.expectRowsAsKnown(backend)
      }),
      { numRuns: 15 },
    )
  },
  60_000,
)
