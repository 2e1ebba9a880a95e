import { tables } from '@tasklane/db'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Task } from './features/tasks/contract.ts'
import { createTestBackend, type TestBackend, type TestUser } from './testing.ts'

let backend: TestBackend

beforeAll(async () => {
  backend = await createTestBackend()
})
afterAll(() => backend.close())

const usersCount = 3

interface Step {
  user: number
  /** Whose task is meant, and the how manieth. */
  target: { user: number; index: number }
  action: 'create' | 'createSameId' | 'get' | 'list' | 'update' | 'complete' | 'reopen' | 'delete'
  title: string
}

const step: fc.Arbitrary<Step> = fc.record({
  user: fc.nat(usersCount - 1),
  target: fc.record({ user: fc.nat(usersCount - 1), index: fc.nat(5) }),
  action: fc.constantFrom('create', 'createSameId', 'get', 'list', 'update', 'complete', 'reopen', 'delete'),
  title: fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .filter((title) => !title.includes('\0')),
})

/** What each user should have: the model that the server is compared with. */
class Model {
  readonly tasks = Array.from({ length: usersCount }, () => new Map<string, Task>())
  readonly users: TestUser[]
  constructor(users: TestUser[]) {
    this.users = users
  }

  targetId({ user, index }: Step['target']): string {
    return [...(this.tasks[user]?.keys() ?? [])][index] ?? '00000000-0000-4000-8000-000000000000'
  }

  async run({ user, target, action, title }: Step): Promise<void> {
    const { client } = this.users[user] as TestUser
    const own = this.tasks[user] as Map<string, Task>
    const id = this.targetId(target)
    const known = own.get(id)
    switch (action) {
      case 'create':
        return this.keep(own, await client.tasks.create.mutate({ title }))
      case 'createSameId': {
        if (known) return
        return this.keep(own, await client.tasks.create.mutate({ id, title }))
      }
      case 'list': {
        const { tasks, total } = await client.tasks.list.query({ limit: 100, sort: 'title' })
        const live = [...own.values()].filter(({ deletedAt }) => deletedAt === null)
        expect(total).toBe(live.length)
        expect(new Set(tasks)).toEqual(new Set(live))
        return
      }
      case 'get':
        return await this.expectOwn(known, client.tasks.get.query({ id }))
      case 'update':
        return await this.expectOwn(known, client.tasks.update.mutate({ id, title }), own)
      case 'complete':
      case 'reopen':
        return await this.expectOwn(known, client.tasks[action].mutate({ id }), own)
      case 'delete': {
        if (known) return this.keep(own, await client.tasks.delete.mutate({ id }))
        return await this.expectOwn(undefined, client.tasks.delete.mutate({ id }))
      }
    }
  }

  /** A live task of one's own is answered; any other, also another user's, does not exist. */
  async expectOwn(known: Task | undefined, call: Promise<Task>, own?: Map<string, Task>): Promise<void> {
    if (known?.deletedAt === null) {
      const task = await call
      expect(task).toMatchObject({ id: known.id, userId: known.userId })
      if (own) this.keep(own, task)
      else expect(task).toEqual(known)
    } else {
      await expect(call).rejects.toMatchObject({ data: { reason: 'TASK_NOT_FOUND' } })
    }
  }

  keep(own: Map<string, Task>, task: Task): void {
    own.set(task.id, task)
  }

  /** The rows themselves, trashed ones too. */
  async expectRowsAsKnown(): Promise<void> {
    const { tasks } = tables
    for (const [user, { signedIn }] of this.users.entries()) {
      const rows = await backend.database.db.select().from(tasks).where(eq(tasks.userId, signedIn.user.id))
      expect(new Set(rows)).toEqual(new Set(this.tasks[user]?.values()))
    }
  }
}

it('never shows or changes a task to anybody but its owner, whatever they call', async () => {
  const steps = fc.array(step, { minLength: 10, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const users = await Promise.all(Array.from({ length: usersCount }, () => backend.signUp()))
      const model = new Model(users)
      for (const each of sequence) await model.run(each)
      await model.expectRowsAsKnown()
    }),
    { numRuns: 30 },
  )
}, 60_000)
