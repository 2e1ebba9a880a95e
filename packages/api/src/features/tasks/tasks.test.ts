import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
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

type Client = TestUser['client']

const absentId = '00000000-0000-4000-8000-000000000000'

const byId = {
  get: (client: Client, id: string, more = {}) => client.tasks.get.query({ id, ...more }),
  update: (client: Client, id: string, more = {}) =>
    client.tasks.update.mutate({ id, title: 'Changed', ...more }),
  replace: (client: Client, id: string, more = {}) =>
    client.tasks.replace.mutate({ id, title: 'Changed', ...more }),
  complete: (client: Client, id: string, more = {}) => client.tasks.complete.mutate({ id, ...more }),
  reopen: (client: Client, id: string, more = {}) => client.tasks.reopen.mutate({ id, ...more }),
  delete: (client: Client, id: string, more = {}) => client.tasks.delete.mutate({ id, ...more }),
  restore: (client: Client, id: string, more = {}) => client.tasks.restore.mutate({ id, ...more }),
  purge: (client: Client, id: string, more = {}) => client.tasks.purge.mutate({ id, ...more }),
}

/** What finds a task in the trash. */
const ofTrash = ['delete', 'restore', 'purge']

async function createTask(inTrash = false): Promise<{ id: string }> {
  const task = await owner.client.tasks.create.mutate({ title: 'Mine' })
  return inTrash ? await owner.client.tasks.delete.mutate({ id: task.id }) : task
}

/** The task as its owner sees it, wherever it is. */
async function readOwn(id: string) {
  const lists = [false, true].map((trashed) => owner.client.tasks.list.query({ trashed, limit: 100 }))
  return (await Promise.all(lists)).flatMap(({ tasks }) => tasks).find((task) => task.id === id)
}

describe.each(Object.entries(byId))('tasks.%s', (name, call) => {
  it('refuses a caller who is not signed in', async () => {
    const { id } = await createTask()
    expect(await refusalOf(call(backend.client(), id))).toMatchObject({ reason: 'AUTHENTICATION_REQUIRED' })
  })

  it.each([
    ['live', false],
    ['trashed', true],
  ])(
    "answers another user's %s task as one that does not exist, and leaves it as it was",
    async (_where, inTrash) => {
      const { id } = await createTask(inTrash)
      const mine = await readOwn(id)
      const foreign = await refusalOf(call(stranger.client, id))
      const absent = await refusalOf(call(stranger.client, absentId))
      expect(foreign).toEqual({ ...absent, code: 'NOT_FOUND', httpStatus: 404, reason: 'TASK_NOT_FOUND' })
      expect(foreign).toEqual(absent)
      expect(await readOwn(id)).toEqual(mine)
    },
  )

  it("takes as many statements for another user's task as for one that does not exist", async () => {
    const counts: number[] = []
    for (const { id } of [await createTask(), await createTask(true), { id: absentId }]) {
      backend.statements.length = 0
      await refusalOf(call(stranger.client, id))
      counts.push(backend.statements.length)
    }
    expect(new Set(counts).size).toBe(1)
  })

  it('refuses what is not an id, by name', async () => {
    for (const id of ['nonsense', '', `${absentId} `, `{${absentId}}`, null, 7, undefined]) {
      expect(await refusalOf(call(owner.client, id as string))).toMatchObject({
        code: 'BAD_REQUEST',
        reason: 'INPUT_INVALID',
        issues: [{ path: ['id'] }],
      })
    }
  })

  it('finds a task whose id is written in upper case', async () => {
    const { id } = await createTask(name === 'purge')
    expect(await call(owner.client, id.toUpperCase())).toMatchObject({ id })
  })

  it('refuses an unknown field, by name', async () => {
    const { id } = await createTask()
    const { reason, issues } = await refusalOf(call(owner.client, id, { colour: 'red', userId: absentId }))
    expect(reason).toBe('INPUT_INVALID')
    expect(issues).toEqual(['colour', 'userId'].map((field) => ({ path: [field], message: 'Unknown field' })))
  })
})

const ofLiveTasks = Object.entries(byId).filter(([name]) => !ofTrash.includes(name))

describe.each(ofLiveTasks)('tasks.%s', (_name, call) => {
  it('does not find a task in the trash', async () => {
    const { id } = await createTask(true)
    const trashed = await readOwn(id)
    expect(await refusalOf(call(owner.client, id))).toEqual(await refusalOf(call(owner.client, absentId)))
    expect(await readOwn(id)).toEqual(trashed)
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
      replace: () => client.tasks.replace.mutate({ id, title: 'z', tags: ['a'] }),
      complete: () => client.tasks.complete.mutate({ id }),
      reopen: () => client.tasks.reopen.mutate({ id }),
      me: () => client.auth.me.query(),
      list: () => client.tasks.list.query({ completed: false }),
      delete: () => client.tasks.delete.mutate({ id }),
      restore: () => client.tasks.restore.mutate({ id }),
      deleteAgain: () => client.tasks.delete.mutate({ id }),
      purge: () => client.tasks.purge.mutate({ id }),
    }
    const counts: Record<string, number> = {}
    for (const [name, call] of Object.entries(calls)) {
      backend.statements.length = 0
      await call()
      counts[name] = backend.statements.length
    }
    const each = Object.fromEntries(Object.keys(calls).map((name) => [name, name === 'list' ? 2 : 1]))
    expect(counts).toEqual(each)
  })
})
