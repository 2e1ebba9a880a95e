import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend
let client: TestUser['client']

beforeAll(async () => {
  backend = await createTestBackend()
  client = (await backend.signUp()).client
})
afterAll(() => backend.close())

const content = { title: 'Full', description: 'D', completed: true, priority: 'low', tags: ['a'] } as const
const create = () => client.tasks.create.mutate({ ...content, tags: ['a'] })
const trash = async () => await client.tasks.delete.mutate({ id: (await create()).id })
const purge = async () => await client.tasks.purge.mutate({ id: (await trash()).id })

async function changesOf<T>(call: () => Promise<T>) {
  const { next: since } = await client.tasks.changes.query()
  const answer = await call()
  const { changes, next } = await client.tasks.changes.query({ since })
  return { answer, changes, moved: next - since }
}

const idsOf = async (trashed: boolean) =>
  (await client.tasks.list.query({ trashed, limit: 100 })).tasks.map(({ id }) => id)

describe('tasks.delete', () => {
  it('moves the task to the trash, and changes nothing else of it', async () => {
    const task = await create()
    const { answer, changes } = await changesOf(() => client.tasks.delete.mutate({ id: task.id }))
    expect(answer).toEqual({ ...task, version: 2, updatedAt: expect.any(Date), deletedAt: answer.updatedAt })
    expect(changes).toMatchObject([{ type: 'delete', id: task.id }])
    expect(await idsOf(false)).not.toContain(task.id)
    expect(await idsOf(true)).toContain(task.id)
  })

  it('again changes nothing, and gives the same task', async () => {
    const trashed = await trash()
    const { answer, moved } = await changesOf(() => client.tasks.delete.mutate({ id: trashed.id }))
    expect(answer).toEqual(trashed)
    expect(moved).toBe(0)
  })
})

describe('tasks.restore', () => {
  it('takes the task out of the trash as it was', async () => {
    const task = await create()
    await client.tasks.delete.mutate({ id: task.id })
    const { answer, changes } = await changesOf(() => client.tasks.restore.mutate({ id: task.id }))
    expect(answer).toEqual({ ...task, version: 3, updatedAt: expect.any(Date) })
    expect(changes).toMatchObject([{ type: 'upsert', task: answer }])
    expect(await client.tasks.get.query({ id: task.id })).toEqual(answer)
    expect(await idsOf(true)).not.toContain(task.id)
  })

  it('changes nothing of a live task', async () => {
    const task = await create()
    const { answer, moved } = await changesOf(() => client.tasks.restore.mutate({ id: task.id }))
    expect(answer).toEqual(task)
    expect(moved).toBe(0)
  })
})

describe('tasks.purge', () => {
  it('deletes a task in the trash for good, and gives its id', async () => {
    const { id } = await trash()
    expect(await client.tasks.purge.mutate({ id })).toStrictEqual({ id })
    expect(await idsOf(true)).not.toContain(id)
    expect(await idsOf(false)).not.toContain(id)
  })

  it('again gives the same answer, and changes nothing', async () => {
    const { id } = await purge()
    for (const key of [{ id }, { id: id.toUpperCase() }, { id, expectedVersion: 2 }]) {
      const { answer, moved } = await changesOf(() => client.tasks.purge.mutate(key))
      expect(answer).toStrictEqual({ id })
      expect(moved).toBe(0)
    }
  })

  it('refuses a live task, and leaves it as it is', async () => {
    const task = await create()
    const { answer, moved } = await changesOf(() => refusalOf(client.tasks.purge.mutate({ id: task.id })))
    expect(answer).toEqual({
      code: 'CONFLICT',
      httpStatus: 409,
      reason: 'TASK_NOT_IN_TRASH',
      path: 'tasks.purge',
    })
    expect(moved).toBe(0)
    expect(await client.tasks.get.query({ id: task.id })).toEqual(task)
  })

  it('refuses a live task that has the expected version', async () => {
    const { id, version } = await create()
    const data = await refusalOf(client.tasks.purge.mutate({ id, expectedVersion: version }))
    expect(data.reason).toBe('TASK_NOT_IN_TRASH')
  })

  it('tells those who follow the changes once of the deletion, purged or not', async () => {
    const task = await create()
    const { next: since } = await client.tasks.changes.query()
    await client.tasks.delete.mutate({ id: task.id })
    const trashed = await client.tasks.changes.query({ since })
    await client.tasks.purge.mutate({ id: task.id })
    expect(trashed.changes).toMatchObject([{ type: 'delete', id: task.id }])
    expect(await client.tasks.changes.query({ since })).toEqual(trashed)
  })
})

describe('a purged task', () => {
  const others = {
    get: (id: string) => client.tasks.get.query({ id }),
    update: (id: string) => client.tasks.update.mutate({ id, title: 'x' }),
    replace: (id: string) => client.tasks.replace.mutate({ id, title: 'x' }),
    complete: (id: string) => client.tasks.complete.mutate({ id }),
    reopen: (id: string) => client.tasks.reopen.mutate({ id }),
    delete: (id: string) => client.tasks.delete.mutate({ id }),
    restore: (id: string) => client.tasks.restore.mutate({ id }),
  }
  it.each(Object.entries(others))('is not found by %s', async (_name, call) => {
    const { id } = await purge()
    expect(await refusalOf(call(id))).toMatchObject({ httpStatus: 404, reason: 'TASK_NOT_FOUND' })
    const data = await refusalOf(client.tasks.update.mutate({ id, expectedVersion: 2 }))
    expect(data).toMatchObject({ reason: 'TASK_NOT_FOUND' })
    expect(data).not.toHaveProperty('task')
  })

  it('leaves its id free for a new one, of any content', async () => {
    for (const title of [content.title, 'Other']) {
      const { id } = await purge()
      const { answer, changes } = await changesOf(() => client.tasks.create.mutate({ id, title }))
      expect(answer).toMatchObject({ id, title, version: 1, description: null, deletedAt: null })
      expect(changes).toMatchObject([{ type: 'upsert', task: answer }])
      expect(await client.tasks.get.query({ id })).toEqual(answer)
      expect(await refusalOf(client.tasks.purge.mutate({ id }))).toMatchObject({
        reason: 'TASK_NOT_IN_TRASH',
      })
    }
  })

  it('may be made and purged again, any number of times', async () => {
    const id = crypto.randomUUID()
    for (let round = 0; round < 3; round++) {
      expect(await client.tasks.create.mutate({ id, title: `${round}` })).toMatchObject({ version: 1 })
      expect(await client.tasks.delete.mutate({ id })).toMatchObject({ version: 2 })
      expect(await client.tasks.purge.mutate({ id })).toEqual({ id })
    }
  })

  it('is purged once of 20 who purge it at once, and each gets the same answer', async () => {
    const { id } = await trash()
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.tasks.purge.mutate({ id })))
    expect(answers).toEqual(answers.map(() => ({ id })))
  })
})

it('a purge at once with a restoration and a deletion is done, or finds the task live', async () => {
  const seen = new Set<string>()
  for (let round = 0; round < 60; round++) {
    const { id } = await trash()
    const outcomes = await Promise.allSettled([
      client.tasks.restore.mutate({ id }),
      client.tasks.purge.mutate({ id }),
      client.tasks.delete.mutate({ id }),
    ])
    const purged = outcomes[1]
    seen.add(purged.status === 'fulfilled' ? 'done' : purged.reason.data.reason)
  }
  expect([...seen].filter((each) => each !== 'done' && each !== 'TASK_NOT_IN_TRASH')).toEqual([])
})
