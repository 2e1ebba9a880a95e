import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { ReplaceTask, Task, UpdateTask } from './contract.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend
let client: TestUser['client']

beforeAll(async () => {
  backend = await createTestBackend()
  client = (await backend.signUp()).client
})
afterAll(() => backend.close())

const full = {
  title: 'Full',
  description: 'D',
  completed: true,
  priority: 'low',
  dueDate: '2026-05-05',
  tags: ['a'],
} as const satisfies Omit<UpdateTask, 'id' | 'tags'> & { tags: readonly string[] }
const content = { ...full, tags: ['a'] }
const empty = {
  description: null,
  completed: false,
  completedAt: null,
  priority: null,
  dueDate: null,
  tags: [],
}

const createFull = () => client.tasks.create.mutate(content)
const createOpen = () => client.tasks.create.mutate({ title: 'Open' })

/** Calls, and fails if that took a number in the feed. */
async function withoutChange<T>(call: () => Promise<T>): Promise<T> {
  const { next } = await client.tasks.changes.query()
  const answer = await call()
  expect(await client.tasks.changes.query({ since: next })).toEqual({ changes: [], next, resync: false })
  return answer
}

/** What only time decides. */
const written = { updatedAt: expect.any(Date) }

describe('tasks.update', () => {
  it.each(Object.entries({ description: null, priority: null, dueDate: null }))(
    'clears %s by null, and leaves the rest',
    async (name, value) => {
      const task = await createFull()
      const updated = await client.tasks.update.mutate({ id: task.id, [name]: value })
      expect(updated).toEqual({ ...task, [name]: null, version: 2, ...written })
      expect(await client.tasks.get.query({ id: task.id })).toEqual(updated)
    },
  )

  it.each([[null], [[]]])('clears the tags by %j', async (tags) => {
    const task = await createFull()
    const updated = await client.tasks.update.mutate({ id: task.id, tags })
    expect(updated).toEqual({ ...task, tags: [], version: 2, ...written })
  })

  const changes: UpdateTask[] = [
    { id: '', title: 'New' },
    { id: '', description: '' },
    { id: '', priority: 'high' },
    { id: '', dueDate: '2027-01-01' },
    { id: '', tags: ['b', 'a'] },
    { id: '', title: 'New', description: 'E', priority: 'urgent', dueDate: null, tags: ['c'] },
  ]
  it.each(changes)('changes what is given, and leaves the rest: %j', async (fields) => {
    const task = await createFull()
    const updated = await client.tasks.update.mutate({ ...fields, id: task.id })
    expect(updated).toEqual({ ...task, ...fields, id: task.id, version: 2, ...written })
    expect(updated.updatedAt.getTime()).toBeGreaterThanOrEqual(task.updatedAt.getTime())
    expect(await client.tasks.get.query({ id: task.id })).toEqual(updated)
  })

  it.each<[string, Partial<UpdateTask>]>([
    ['nothing is given', {}],
    ['each field has its value already', content],
    ['what is given is undefined', { title: undefined, description: undefined, tags: undefined }],
    ['the tags are the same when stored', { tags: ['A', 'a'] }],
    ['completed is true again', { completed: true }],
  ])('moves neither version, updatedAt nor feed when %s', async (_what, fields) => {
    const task = await createFull()
    expect(await withoutChange(() => client.tasks.update.mutate({ id: task.id, ...fields }))).toEqual(task)
    expect(await client.tasks.get.query({ id: task.id })).toEqual(task)
  })

  it.each([
    ['a title that is null', { title: null }, 'title'],
    ['an empty title', { title: '' }, 'title'],
    ['a completed that is null', { completed: null }, 'completed'],
    ['an unknown priority', { priority: 'none' }, 'priority'],
    ['a date that is not in the calendar', { dueDate: '2026-02-30' }, 'dueDate'],
    ['tags that are a text', { tags: 'a' }, 'tags'],
    ['a version', { version: 7 }, 'version'],
    ['when it was completed', { completedAt: new Date() }, 'completedAt'],
    ['when it was deleted', { deletedAt: null }, 'deletedAt'],
  ])('refuses %s, by name, and writes nothing', async (_what, fields, name) => {
    const task = await createFull()
    const call = () => client.tasks.update.mutate({ id: task.id, description: 'New', ...(fields as object) })
    expect(await withoutChange(() => refusalOf(call()))).toMatchObject({
      httpStatus: 400,
      reason: 'INPUT_INVALID',
      issues: [{ path: [name] }],
    })
    expect(await client.tasks.get.query({ id: task.id })).toEqual(task)
  })
})

describe('tasks.replace', () => {
  it('gives each field that is absent the value that it has in a new task', async () => {
    const task = await createFull()
    const replaced = await client.tasks.replace.mutate({ id: task.id, title: 'Alone' })
    expect(replaced).toEqual({ ...task, ...empty, title: 'Alone', version: 2, ...written })
    expect(await client.tasks.get.query({ id: task.id })).toEqual(replaced)
  })

  it.each<[string, Partial<ReplaceTask>]>([
    ['null', { description: null, priority: null, dueDate: null, tags: null }],
    ['undefined', { description: undefined, completed: undefined, tags: undefined }],
  ])('takes %s as absent', async (_what, fields) => {
    const { id } = await createFull()
    expect(await client.tasks.replace.mutate({ id, title: 'Alone', ...fields })).toMatchObject(empty)
  })

  it('keeps every field that is given', async () => {
    const task = await createOpen()
    const replaced = await client.tasks.replace.mutate({ id: task.id, ...content })
    expect(replaced).toEqual({ ...task, ...content, completedAt: expect.any(Date), version: 2, ...written })
  })

  it('keeps when a task was completed that stays completed', async () => {
    const { id, completedAt } = await createFull()
    const replaced = await client.tasks.replace.mutate({ id, title: 'Alone', completed: true })
    expect(replaced).toMatchObject({ completedAt, description: null })
  })

  it.each<[string, () => Promise<Task>, Omit<ReplaceTask, 'id'>]>([
    ['the whole task', createFull, content],
    ['the title alone of a task that has no more', createOpen, { title: 'Open' }],
    ['the defaults, written', createOpen, { title: 'Open', description: null, completed: false, tags: [] }],
  ])('moves neither version, updatedAt nor feed by %s again', async (_what, make, fields) => {
    const task = await make()
    expect(await withoutChange(() => client.tasks.replace.mutate({ id: task.id, ...fields }))).toEqual(task)
  })

  it.each([
    ['no title', {}, 'title'],
    ['a title that is null', { title: null }, 'title'],
    ['a description of 16 001 characters', { title: 'x', description: 'y'.repeat(16_001) }, 'description'],
    ['a completed that is null', { title: 'x', completed: null }, 'completed'],
    ['an owner', { title: 'x', userId: crypto.randomUUID() }, 'userId'],
  ])('refuses %s, by name, and writes nothing', async (_what, fields, name) => {
    const task = await createFull()
    const input = { id: task.id, ...fields } as ReplaceTask
    expect(await withoutChange(() => refusalOf(client.tasks.replace.mutate(input)))).toMatchObject({
      httpStatus: 400,
      reason: 'INPUT_INVALID',
      issues: [{ path: [name] }],
    })
    expect(await client.tasks.get.query({ id: task.id })).toEqual(task)
  })
})

describe('when a task was completed', () => {
  const completions: Record<string, (id: string) => Promise<Task>> = {
    'tasks.complete': (id) => client.tasks.complete.mutate({ id }),
    'tasks.update': (id) => client.tasks.update.mutate({ id, completed: true }),
    'tasks.replace': (id) => client.tasks.replace.mutate({ id, title: 'Open', completed: true }),
  }
  const reopenings: Record<string, (id: string) => Promise<Task>> = {
    'tasks.reopen': (id) => client.tasks.reopen.mutate({ id }),
    'tasks.update': (id) => client.tasks.update.mutate({ id, completed: false }),
    'tasks.replace': (id) => client.tasks.replace.mutate({ id, title: 'Open' }),
  }

  it.each(Object.entries(completions))(
    'is set by the server with %s, and kept from then on',
    async (_name, complete) => {
      const task = await createOpen()
      const done = await complete(task.id)
      expect(done).toEqual({ ...task, completed: true, completedAt: done.updatedAt, version: 2, ...written })
      for (const again of Object.values(completions))
        expect(await withoutChange(() => again(task.id))).toEqual(done)
      const renamed = await client.tasks.update.mutate({ id: task.id, description: 'Later', completed: true })
      expect(renamed).toMatchObject({ version: 3, completedAt: done.completedAt })
    },
  )

  it.each(Object.entries(reopenings))('is cleared by %s', async (_name, reopen) => {
    const task = await createOpen()
    await client.tasks.complete.mutate({ id: task.id })
    const open = await reopen(task.id)
    expect(open).toEqual({ ...task, version: 3, ...written })
    for (const again of Object.values(reopenings))
      expect(await withoutChange(() => again(task.id))).toEqual(open)
  })
})
