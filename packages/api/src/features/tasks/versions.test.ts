import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { Task } from './contract.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend
let client: TestUser['client']
/** Of the same user. */
let device: TestUser['client']
let stranger: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
  const owner = await backend.signUp()
  client = owner.client
  device = backend.client(`Bearer ${owner.signedIn.accessToken}`)
  stranger = await backend.signUp()
})
afterAll(() => backend.close())

interface Key {
  id: string
  expectedVersion?: number
}

const content = {
  title: 'Tax',
  description: 'Two\nlines',
  completed: true,
  priority: 'high',
  dueDate: '2028-02-29',
  tags: ['home'],
} as const
const create = async () => {
  const { id } = await client.tasks.create.mutate({ ...content, title: 'Before', tags: ['home'] })
  return await client.tasks.update.mutate({ id, title: content.title })
}
const trash = async () => await client.tasks.delete.mutate({ id: (await create()).id })

/** The task as it is now, wherever it is. */
async function readNow(id: string): Promise<unknown> {
  const lists = [false, true].map((trashed) => client.tasks.list.query({ trashed, limit: 100 }))
  return (await Promise.all(lists)).flatMap(({ tasks }) => tasks).find((task) => task.id === id)
}

const position = async () => (await client.tasks.changes.query()).next

interface Write {
  /** Makes a task that the write finds. */
  make: () => Promise<Task>
  write: (key: Key, caller?: TestUser['client']) => Promise<unknown>
}

const changing: Record<string, Write> = {
  update: { make: create, write: (key, by = client) => by.tasks.update.mutate({ ...key, title: 'New' }) },
  replace: { make: create, write: (key, by = client) => by.tasks.replace.mutate({ ...key, title: 'New' }) },
  complete: {
    make: async () => await client.tasks.reopen.mutate({ id: (await create()).id }),
    write: (key, by = client) => by.tasks.complete.mutate(key),
  },
  reopen: { make: create, write: (key, by = client) => by.tasks.reopen.mutate(key) },
  delete: { make: create, write: (key, by = client) => by.tasks.delete.mutate(key) },
  restore: { make: trash, write: (key, by = client) => by.tasks.restore.mutate(key) },
  purge: { make: trash, write: (key, by = client) => by.tasks.purge.mutate(key) },
}

const idle: Record<string, Write> = {
  'update of nothing': { make: create, write: (key) => client.tasks.update.mutate(key) },
  'update to what is there': {
    make: create,
    write: (key) => client.tasks.update.mutate({ ...key, ...content, tags: ['home'] }),
  },
  'replace by what is there': {
    make: create,
    write: (key) => client.tasks.replace.mutate({ ...key, ...content, tags: ['home'] }),
  },
  'complete of a completed task': { make: create, write: (key) => client.tasks.complete.mutate(key) },
  'reopen of an open task': {
    make: async () => await client.tasks.reopen.mutate({ id: (await create()).id }),
    write: (key) => client.tasks.reopen.mutate(key),
  },
  'delete of a task in the trash': { make: trash, write: (key) => client.tasks.delete.mutate(key) },
  'restore of a live task': { make: create, write: (key) => client.tasks.restore.mutate(key) },
}

describe.each(Object.entries(changing))('tasks.%s with an expected version', (name, { make, write }) => {
  it('writes the task that has it', async () => {
    const { id, version } = await make()
    const answer = await write({ id, expectedVersion: version })
    if (name === 'purge') expect(answer).toEqual({ id })
    else expect(answer).toMatchObject({ id, version: version + 1 })
  })

  it('takes one statement, and two when it is refused', async () => {
    const { id, version } = await make()
    backend.statements.length = 0
    await refusalOf(write({ id, expectedVersion: version + 1 }))
    expect(backend.statements).toHaveLength(2)
    backend.statements.length = 0
    await write({ id, expectedVersion: version })
    expect(backend.statements).toHaveLength(1)
  })

  it.each([0, -1, 1.5, '1', null, 2 ** 53])('refuses %j as a version, by name', async (version) => {
    const { id } = await make()
    expect(await refusalOf(write({ id, expectedVersion: version as number }))).toMatchObject({
      reason: 'INPUT_INVALID',
      issues: [{ path: ['expectedVersion'] }],
    })
  })

  it("tells nobody of another user's task, whatever version is expected", async () => {
    const { id, version } = await make()
    const before = await readNow(id)
    for (const expectedVersion of [version, version + 1]) {
      const data = await refusalOf(write({ id, expectedVersion }, stranger.client))
      expect(data).toEqual({
        code: 'NOT_FOUND',
        httpStatus: 404,
        reason: 'TASK_NOT_FOUND',
        path: `tasks.${name}`,
      })
    }
    expect(await readNow(id)).toEqual(before)
  })
})

describe.each(Object.entries({ ...changing, ...idle }))('%s', (_name, { make, write }) => {
  it.each([
    ['an older', (version: number) => version - 1],
    ['a newer', (version: number) => version + 1],
    ['a version that no task can have', () => 2 ** 31],
    ['the largest of all', () => Number.MAX_SAFE_INTEGER],
  ])('that expects %s is refused with the task as it is, and writes nothing', async (_what, expected) => {
    const task = await make()
    const { id, version } = task
    const before = await position()
    const data = await refusalOf(write({ id, expectedVersion: expected(version) }))
    expect(data).toMatchObject({ code: 'CONFLICT', httpStatus: 409, reason: 'VERSION_CONFLICT' })
    expect(data.task).toStrictEqual(task)
    expect(data.task?.updatedAt).toBeInstanceOf(Date)
    expect(await readNow(id)).toEqual(task)
    expect(await position()).toBe(before)
  })
})

describe.each(Object.entries(idle))('%s', (_name, { make, write }) => {
  it('that expects the right version gives the task as it is', async () => {
    const task = await make()
    const before = await position()
    expect(await write({ id: task.id, expectedVersion: task.version })).toEqual(task)
    expect(await position()).toBe(before)
  })
})

describe('a task in the trash', () => {
  it.each(['update', 'replace', 'complete', 'reopen'])(
    'is not found by %s, whatever version is expected',
    async (name) => {
      const { id, version } = await trash()
      for (const expectedVersion of [version, version - 1]) {
        const data = await refusalOf(changing[name]?.write({ id, expectedVersion }) ?? Promise.resolve())
        expect(data.reason).toBe('TASK_NOT_FOUND')
        expect(data).not.toHaveProperty('task')
      }
    },
  )
})

describe('two writers that expect the same version', () => {
  const writers = [
    {
      what: 'two updates',
      rounds: 200,
      pair: [
        (key: Key) => client.tasks.update.mutate({ ...key, title: `first ${key.expectedVersion}` }),
        (key: Key) => device.tasks.update.mutate({ ...key, title: `second ${key.expectedVersion}` }),
      ],
    },
    {
      what: 'an update and a replacement',
      rounds: 30,
      pair: [
        (key: Key) => client.tasks.update.mutate({ ...key, description: `u${key.expectedVersion}` }),
        (key: Key) => device.tasks.replace.mutate({ ...key, title: `r${key.expectedVersion}` }),
      ],
    },
    {
      what: 'an update and an atomic batch',
      rounds: 30,
      pair: [
        (key: Key) => client.tasks.update.mutate({ ...key, title: `u${key.expectedVersion}` }),
        async (key: Key) => {
          const input = { ...key, title: `b${key.expectedVersion}` }
          const operations = [{ op: 'update', input } as const]
          const { results } = await device.tasks.batch.mutate({ atomic: true, operations })
          return results[0]?.ok ? results[0].task : undefined
        },
      ],
    },
  ]

  it.each(writers)('at once, of which one wins each time: $what, $rounds times', async ({ rounds, pair }) => {
    const { id } = await client.tasks.create.mutate({ title: 'Start' })
    for (let expectedVersion = 1; expectedVersion <= rounds; expectedVersion++) {
      const order = expectedVersion % 2 === 0 ? pair : pair.toReversed()
      const outcomes = await Promise.allSettled(order.map((write) => write({ id, expectedVersion })))
      const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
      expect(won).toMatchObject([{ id, version: expectedVersion + 1 }])
      expect(lost).toMatchObject([{ data: { reason: 'VERSION_CONFLICT', task: won[0] } }])
    }
    expect(await client.tasks.get.query({ id })).toMatchObject({ version: rounds + 1 })
  })
})
