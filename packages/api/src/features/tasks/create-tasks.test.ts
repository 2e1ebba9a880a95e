import { tables } from '@tasklane/db'
import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { CreateTask } from './contract.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend
let owner: TestUser
let stranger: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
  owner = await backend.signUp()
  stranger = await backend.signUp()
})
afterAll(() => backend.close())

const everyField = {
  title: 'Tax',
  description: 'Two\nlines',
  completed: true,
  priority: 'urgent',
  dueDate: '2028-02-29',
} as const

const refusal = (reason: string) => ({ data: { reason } })

/** How many rows there are of an id. */
async function countRows(id: string): Promise<number> {
  const { tasks } = tables
  const isOwn = and(eq(tasks.userId, owner.signedIn.user.id), eq(tasks.id, id))
  return await backend.database.db.$count(tasks, isOwn)
}

describe('tasks.create', () => {
  it('gives the whole task with its defaults', async () => {
    const task = await owner.client.tasks.create.mutate({ title: 'Buy milk' })
    expect(task).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      userId: owner.signedIn.user.id,
      title: 'Buy milk',
      description: null,
      completed: false,
      completedAt: null,
      priority: null,
      dueDate: null,
      tags: [],
      version: 1,
      createdAt: expect.any(Date),
      updatedAt: task.createdAt,
      deletedAt: null,
    })
  })

  it('keeps every field, and lower-cases and de-duplicates the tags', async () => {
    const fields = {
      title: 'Tax',
      description: 'Two\nlines',
      priority: 'urgent',
      dueDate: '2028-02-29',
    } as const
    const task = await owner.client.tasks.create.mutate({
      ...fields,
      tags: ['Home', 'home', 'ÄRGER'],
      completed: true,
    })
    expect(task).toMatchObject({
      ...fields,
      tags: ['home', 'ärger'],
      completed: true,
      completedAt: expect.any(Date),
    })
    expect(await owner.client.tasks.get.query({ id: task.id })).toEqual(task)
  })

  it.each([
    ['of version 4', '9b2f1c3e-6d5a-4f0e-8a7b-1c2d3e4f5a6b'],
    ['of version 1', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'],
    ['of no version', '12345678-1234-0234-0234-123456789012'],
    ['of zeros', '00000000-0000-0000-0000-000000000000'],
    ['of ones', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    ['in upper case', 'C9A646D3-9C61-4CB7-BFCD-EE2522C8F633'],
  ])("takes the caller's id %s, and gives it in lower case", async (_what, id) => {
    const task = await owner.client.tasks.create.mutate({ id, title: 'Mine' })
    expect(task.id).toBe(id.toLowerCase())
    expect(await owner.client.tasks.get.query({ id })).toEqual(task)
    for (const again of [id, id.toUpperCase(), id.toLowerCase()])
      expect(await owner.client.tasks.create.mutate({ id: again, title: 'Mine' })).toEqual(task)
  })

  it.each<[string, Omit<CreateTask, 'id'>, Omit<CreateTask, 'id'>]>([
    ['nothing but the title', { title: 'a' }, { title: 'a' }],
    ['every field', { ...everyField, tags: ['a', 'b'] }, { tags: ['a', 'b'], ...everyField }],
    [
      'the defaults, written or not',
      { title: 'a' },
      { title: 'a', description: null, completed: false, priority: null, dueDate: null, tags: [] },
    ],
    [
      'tags that are the same when stored',
      { title: 'a', tags: ['Home'] },
      { title: 'a', tags: ['home', 'HOME'] },
    ],
  ])('gives the same task when repeated with its id and %s, and writes nothing', async (_what, one, same) => {
    const id = crypto.randomUUID()
    const first = await owner.client.tasks.create.mutate({ id, ...one })
    const { next: since } = await owner.client.tasks.changes.query()
    backend.statements.length = 0
    expect(await owner.client.tasks.create.mutate({ id, ...same })).toStrictEqual(first)
    expect(backend.statements).toHaveLength(2)
    expect(await countRows(id)).toBe(1)
    expect(await owner.client.tasks.changes.query({ since })).toMatchObject({ changes: [], resync: false })
  })

  it('gives one task to 20 who create it at once', async () => {
    const input = { id: crypto.randomUUID(), title: 'Once', tags: ['a', 'b'], dueDate: '2026-01-31' }
    const callers = Array.from({ length: 20 }, () =>
      backend.client(`Bearer ${owner.signedIn.accessToken}`).tasks.create.mutate(input),
    )
    const [first, ...others] = await Promise.all(callers)
    expect(first).toMatchObject({ ...input, version: 1 })
    for (const other of others) expect(other).toEqual(first)
    expect(await countRows(input.id)).toBe(1)
  })

  it('gives an id to one of 20 who want it for different tasks at once, and tells the others of it', async () => {
    const id = crypto.randomUUID()
    const callers = Array.from({ length: 20 }, (_, index) =>
      backend.client(`Bearer ${owner.signedIn.accessToken}`).tasks.create.mutate({ id, title: `${index}` }),
    )
    const outcomes = await Promise.allSettled(callers)
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    expect(won).toHaveLength(1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ data: { reason: 'TASK_ID_TAKEN', task: won[0] } })
    expect(await countRows(id)).toBe(1)
  })

  const others: [string, Partial<CreateTask>][] = [
    ['title', { title: 'Second' }],
    ['title in another case', { title: 'FIRST' }],
    ['description', { description: '' }],
    ['completed', { completed: true }],
    ['priority', { priority: 'low' }],
    ['due date', { dueDate: '2026-01-02' }],
    ['tags', { tags: ['a'] }],
    ['order of tags', { tags: ['b', 'a'] }],
  ]
  it.each(others)(
    'refuses an id that holds another %s, tells of that task, and leaves it alone',
    async (_what, other) => {
      const input = { id: crypto.randomUUID(), title: 'First', dueDate: '2026-01-01', tags: ['a', 'b'] }
      const first = await owner.client.tasks.create.mutate(input)
      const { next: since } = await owner.client.tasks.changes.query()
      const data = await refusalOf(owner.client.tasks.create.mutate({ ...input, ...other }))
      expect(data).toMatchObject({ code: 'CONFLICT', httpStatus: 409, reason: 'TASK_ID_TAKEN' })
      expect(data.task).toStrictEqual(first)
      expect(await owner.client.tasks.get.query({ id: first.id })).toEqual(first)
      expect(await owner.client.tasks.changes.query({ since })).toMatchObject({ changes: [] })
    },
  )

  it('refuses the id of a task in the trash, of the same content too, and tells of it', async () => {
    const { id } = await owner.client.tasks.create.mutate({ title: 'Gone' })
    const trashed = await owner.client.tasks.delete.mutate({ id })
    const data = await refusalOf(owner.client.tasks.create.mutate({ id, title: 'Gone' }))
    expect(data).toMatchObject({ httpStatus: 409, reason: 'TASK_ID_TAKEN' })
    expect(data.task).toStrictEqual(trashed)
    expect(data.task?.deletedAt).toBeInstanceOf(Date)
  })

  it('refuses an expected version: there is none yet', async () => {
    const input = { title: 'x', expectedVersion: 1 }
    expect(await refusalOf(owner.client.tasks.create.mutate(input))).toMatchObject({
      issues: [{ path: ['expectedVersion'], message: 'Unknown field' }],
    })
  })

  it('lets two users have tasks with the same id', async () => {
    const id = crypto.randomUUID()
    await owner.client.tasks.create.mutate({ id, title: 'Mine' })
    await stranger.client.tasks.create.mutate({ id, title: 'Theirs' })
    expect(await owner.client.tasks.get.query({ id })).toMatchObject({ title: 'Mine' })
    expect(await stranger.client.tasks.get.query({ id })).toMatchObject({ title: 'Theirs' })
  })

  it('refuses a caller who is not signed in', async () => {
    await expect(backend.client().tasks.create.mutate({ title: 'x' })).rejects.toMatchObject(
      refusal('AUTHENTICATION_REQUIRED'),
    )
  })

  it('refuses an owner in the input', async () => {
    const input = { title: 'x', userId: stranger.signedIn.user.id } as { title: string }
    await expect(owner.client.tasks.create.mutate(input)).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: ['userId'], message: 'Unknown field' }] },
    })
  })

  it('refuses a token whose user is gone', async () => {
    const leaver = await backend.signUp()
    const { db } = backend.database
    await db.execute(`delete from users where id = '${leaver.signedIn.user.id}'`)
    await expect(leaver.client.tasks.create.mutate({ title: 'x' })).rejects.toMatchObject(
      refusal('TOKEN_INVALID'),
    )
  })

  const refused: [string, object, (string | number)[]][] = [
    ['no title', {}, ['title']],
    ['an empty title', { title: '' }, ['title']],
    ['a title of 501 characters', { title: 'x'.repeat(501) }, ['title']],
    ['a title that is null', { title: null }, ['title']],
    ['a title that is a number', { title: 7 }, ['title']],
    ['a title with NUL', { title: 'a\0b' }, ['title']],
    ['a title with half a surrogate pair', { title: 'a\ud800b' }, ['title']],
    ['a description of 16 001 characters', { title: 'x', description: 'y'.repeat(16_001) }, ['description']],
    ['an unknown priority', { title: 'x', priority: 'highest' }, ['priority']],
    ['a date that is not in the calendar', { title: 'x', dueDate: '2026-02-29' }, ['dueDate']],
    ['a date with a time', { title: 'x', dueDate: '2026-02-28T00:00:00Z' }, ['dueDate']],
    ['a date in the year 0', { title: 'x', dueDate: '0000-01-01' }, ['dueDate']],
    ['21 tags', { title: 'x', tags: Array.from({ length: 21 }, (_, index) => `t${index}`) }, ['tags']],
    ['an empty tag', { title: 'x', tags: ['a', ''] }, ['tags', 1]],
    ['a tag of 51 characters', { title: 'x', tags: ['y'.repeat(51)] }, ['tags', 0]],
    ['a completed that is a text', { title: 'x', completed: 'yes' }, ['completed']],
    ['an id that is not a UUID', { title: 'x', id: '1' }, ['id']],
    ['an unknown field', { title: 'x', colour: 'red' }, ['colour']],
  ]
  it.each(refused)('refuses %s, by name', async (_what, input, path) => {
    const before = await owner.client.tasks.list.query()
    await expect(owner.client.tasks.create.mutate(input as { title: string })).rejects.toMatchObject({
      data: { code: 'BAD_REQUEST', reason: 'INPUT_INVALID', issues: [{ path }] },
    })
    expect((await owner.client.tasks.list.query()).total).toBe(before.total)
  })

  it('counts the characters of a tag as they were sent, before they are lower-cased', async () => {
    const tag = 'İ'.repeat(50)
    const lowered = tag.toLowerCase()
    expect([...lowered]).toHaveLength(100)
    const task = await owner.client.tasks.create.mutate({ title: 'x', tags: [tag] })
    expect(task.tags).toEqual([lowered])
    expect((await owner.client.tasks.list.query({ tag })).tasks).toEqual([task])
    const refused = owner.client.tasks.create.mutate({ title: 'x', tags: [`${tag}İ`] })
    await expect(refused).rejects.toMatchObject(refusal('INPUT_INVALID'))
  })

  it('counts characters as code points', async () => {
    const title = '🦆'.repeat(500)
    expect(await owner.client.tasks.create.mutate({ title })).toMatchObject({ title })
    await expect(owner.client.tasks.create.mutate({ title: `${title}🦆` })).rejects.toMatchObject(
      refusal('INPUT_INVALID'),
    )
  })
})
