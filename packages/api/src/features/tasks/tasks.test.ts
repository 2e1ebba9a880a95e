import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { Task } from './contract.ts'

let backend: TestBackend
let owner: TestUser
let stranger: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
  owner = await backend.signUp()
  stranger = await backend.signUp()
})
afterAll(() => backend.close())

const refusal = (reason: string) => ({ data: { reason } })
const absentId = '00000000-0000-4000-8000-000000000000'

const byId = {
  get: (user: TestUser['client'], id: string) => user.tasks.get.query({ id }),
  update: (user: TestUser['client'], id: string) => user.tasks.update.mutate({ id, title: 'Changed' }),
  complete: (user: TestUser['client'], id: string) => user.tasks.complete.mutate({ id }),
  reopen: (user: TestUser['client'], id: string) => user.tasks.reopen.mutate({ id }),
  delete: (user: TestUser['client'], id: string) => user.tasks.delete.mutate({ id }),
}

describe.each(Object.entries(byId))('tasks.%s', (_name, call) => {
  it('refuses a caller who is not signed in', async () => {
    const { id } = await owner.client.tasks.create.mutate({ title: 'Mine' })
    await expect(call(backend.client(), id)).rejects.toMatchObject(refusal('AUTHENTICATION_REQUIRED'))
  })

  it("answers another user's task as one that does not exist, and leaves it as it was", async () => {
    const mine = await owner.client.tasks.create.mutate({ title: 'Mine' })
    const foreign = await call(stranger.client, mine.id).catch((error: { shape: unknown }) => error.shape)
    const absent = await call(stranger.client, absentId).catch((error: { shape: unknown }) => error.shape)
    expect(foreign).toMatchObject(refusal('TASK_NOT_FOUND'))
    expect(foreign).toEqual(absent)
    expect(await owner.client.tasks.get.query({ id: mine.id })).toEqual(mine)
  })

  it('refuses an id that is not a UUID, by name', async () => {
    await expect(call(owner.client, 'nonsense')).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: ['id'] }] },
    })
  })

  it('finds a task whose id is written in upper case', async () => {
    const { id } = await owner.client.tasks.create.mutate({ title: 'Mine' })
    expect(await call(owner.client, id.toUpperCase())).toMatchObject({ id })
  })
})

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

  it('gives the same task when the same call is repeated with its id', async () => {
    const id = crypto.randomUUID()
    const input = { id, title: 'Once', tags: ['a', 'b'], dueDate: '2026-01-31' }
    const [first, second] = await Promise.all([
      owner.client.tasks.create.mutate(input),
      owner.client.tasks.create.mutate(input),
    ])
    expect(second).toEqual(first)
  })

  it('refuses an id that holds another content, and leaves that alone', async () => {
    const id = crypto.randomUUID()
    const first = await owner.client.tasks.create.mutate({ id, title: 'First' })
    for (const other of [
      { title: 'Second' },
      { title: 'First', tags: ['x'] },
      { title: 'First', completed: true },
    ]) {
      await expect(owner.client.tasks.create.mutate({ id, ...other })).rejects.toMatchObject(
        refusal('TASK_ID_TAKEN'),
      )
    }
    expect(await owner.client.tasks.get.query({ id })).toEqual(first)
  })

  it('refuses the id of a task in the trash', async () => {
    const { id } = await owner.client.tasks.create.mutate({ title: 'Gone' })
    await owner.client.tasks.delete.mutate({ id })
    await expect(owner.client.tasks.create.mutate({ id, title: 'Gone' })).rejects.toMatchObject(
      refusal('TASK_ID_TAKEN'),
    )
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

  it('counts characters as code points', async () => {
    const title = '🦆'.repeat(500)
    expect(await owner.client.tasks.create.mutate({ title })).toMatchObject({ title })
    await expect(owner.client.tasks.create.mutate({ title: `${title}🦆` })).rejects.toMatchObject(
      refusal('INPUT_INVALID'),
    )
  })
})

describe('tasks.update', () => {
  const full = {
    title: 'Full',
    description: 'D',
    priority: 'low',
    dueDate: '2026-05-05',
    tags: ['a'],
  } as const

  it('leaves what is absent and clears what is null', async () => {
    const task = await owner.client.tasks.create.mutate({ ...full, tags: ['a'] })
    const cleared = { description: null, priority: null, dueDate: null, tags: null }
    for (const [name, value] of Object.entries(cleared)) {
      const updated = await owner.client.tasks.update.mutate({ id: task.id, [name]: value })
      expect(updated).toMatchObject({ [name]: name === 'tags' ? [] : null })
    }
    expect(await owner.client.tasks.get.query({ id: task.id })).toMatchObject({
      title: 'Full',
      description: null,
      priority: null,
      dueDate: null,
      tags: [],
      version: 5,
    })
  })

  it.each(
    Object.entries({ ...full, title: 'New', description: 'E', priority: 'high', dueDate: '2027-01-01' }),
  )('changes %s alone', async (name, value) => {
    const task = await owner.client.tasks.create.mutate({ ...full, tags: ['b'] })
    const updated = await owner.client.tasks.update.mutate({ id: task.id, [name]: value })
    expect(updated).toEqual({ ...task, [name]: value, version: 2, updatedAt: expect.any(Date) })
    expect(updated.updatedAt.getTime()).toBeGreaterThanOrEqual(task.updatedAt.getTime())
  })

  it('bumps neither version nor updatedAt when nothing changes', async () => {
    const task = await owner.client.tasks.create.mutate({ ...full, tags: ['a'] })
    expect(await owner.client.tasks.update.mutate({ id: task.id })).toEqual(task)
    expect(
      await owner.client.tasks.update.mutate({ id: task.id, ...full, tags: ['a'], completed: false }),
    ).toEqual(task)
  })

  it('takes an explicit undefined as absent', async () => {
    const task = await owner.client.tasks.create.mutate({ ...full, tags: ['a'] })
    expect(
      await owner.client.tasks.update.mutate({ id: task.id, title: undefined, tags: undefined }),
    ).toEqual(task)
  })

  it.each([
    ['a title that is null', { title: null }, 'title'],
    ['a completed that is null', { completed: null }, 'completed'],
    ['a version', { version: 7 }, 'version'],
    ['an owner', { userId: absentId }, 'userId'],
  ])('refuses %s', async (_what, fields, name) => {
    const { id } = await owner.client.tasks.create.mutate({ title: 'x' })
    await expect(owner.client.tasks.update.mutate({ id, ...(fields as object) })).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
    })
  })

  it('sets completedAt with completed, and keeps it while completed stays', async () => {
    const { id } = await owner.client.tasks.create.mutate({ title: 'x' })
    const done = await owner.client.tasks.update.mutate({ id, completed: true })
    expect(done.completedAt).toBeInstanceOf(Date)
    expect(await owner.client.tasks.update.mutate({ id, completed: true, title: 'y' })).toMatchObject({
      completedAt: done.completedAt,
    })
    expect(await owner.client.tasks.update.mutate({ id, completed: false })).toMatchObject({
      completedAt: null,
    })
  })
})

describe('tasks.complete, reopen and delete', () => {
  it('completes and reopens, each once', async () => {
    const { id } = await owner.client.tasks.create.mutate({ title: 'x' })
    const done = await owner.client.tasks.complete.mutate({ id })
    expect(done).toMatchObject({ completed: true, completedAt: expect.any(Date), version: 2 })
    expect(await owner.client.tasks.complete.mutate({ id })).toEqual(done)
    const open = await owner.client.tasks.reopen.mutate({ id })
    expect(open).toMatchObject({ completed: false, completedAt: null, version: 3 })
    expect(await owner.client.tasks.reopen.mutate({ id })).toEqual(open)
  })

  it('moves a task to the trash, where no call finds it and deleting again changes nothing', async () => {
    const { id } = await owner.client.tasks.create.mutate({ title: 'x' })
    const trashed = await owner.client.tasks.delete.mutate({ id })
    expect(trashed).toMatchObject({ id, deletedAt: expect.any(Date), version: 2 })
    expect(await owner.client.tasks.delete.mutate({ id })).toEqual(trashed)
    const { delete: _delete, ...others } = byId
    for (const call of Object.values(others)) {
      await expect(call(owner.client, id)).rejects.toMatchObject(refusal('TASK_NOT_FOUND'))
    }
    const ids = (await owner.client.tasks.list.query({ limit: 100 })).tasks.map((task: Task) => task.id)
    expect(ids).not.toContain(id)
  })
})

describe('the cost of a signed-in call', () => {
  it('is one statement, and two for a list', async () => {
    const { client } = owner
    const { id } = await client.tasks.create.mutate({ title: 'x' })
    const calls = {
      get: () => client.tasks.get.query({ id }),
      create: () => client.tasks.create.mutate({ title: 'y' }),
      update: () => client.tasks.update.mutate({ id, title: 'z' }),
      complete: () => client.tasks.complete.mutate({ id }),
      reopen: () => client.tasks.reopen.mutate({ id }),
      me: () => client.auth.me.query(),
      list: () => client.tasks.list.query({ completed: false }),
      delete: () => client.tasks.delete.mutate({ id }),
    }
    const counts: Record<string, number> = {}
    for (const [name, call] of Object.entries(calls)) {
      backend.statements.length = 0
      await call()
      counts[name] = backend.statements.length
    }
    expect(counts).toEqual({
      get: 1,
      create: 1,
      update: 1,
      complete: 1,
      reopen: 1,
      me: 1,
      list: 2,
      delete: 1,
    })
  })
})
