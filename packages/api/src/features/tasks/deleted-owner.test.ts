import { tables } from '@tasklane/db'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { BatchTasks } from './contract.ts'

let backend: TestBackend
let owner: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  owner = await backend.signUp()
})
afterAll(() => backend.close())

type Client = TestUser['client']
type Operation = BatchTasks['operations'][number]

const rounds = 16

let made = 0
const creation = (id = crypto.randomUUID()): Operation => ({
  op: 'create',
  input: { id, title: `${++made}` },
})

/** Each writes tasks of its own, as it may at any moment. */
const writers: Record<string, (client: Client, id: string) => Promise<unknown>> = {
  create: (client) => client.tasks.create.mutate({ title: 'x' }),
  update: (client, id) => client.tasks.update.mutate({ id, title: `${++made}` }),
  'delete and restore': async (client, id) => {
    await client.tasks.delete.mutate({ id })
    await client.tasks.restore.mutate({ id })
  },
  purge: async (client) => {
    const { id } = await client.tasks.create.mutate({ title: 'x' })
    await client.tasks.delete.mutate({ id })
    await client.tasks.purge.mutate({ id })
  },
  'an atomic batch': async (client, id) => {
    const update: Operation = { op: 'update', input: { id, title: `${++made}` } }
    await client.tasks.batch.mutate({
      atomic: true,
      operations: [creation(), update, creation(), creation()],
    })
  },
  'another batch': async (client) => {
    const { results } = await client.tasks.batch.mutate({
      atomic: false,
      operations: [
        creation(),
        creation(),
        { op: 'complete', input: { id: crypto.randomUUID() } },
        creation(),
      ],
    })
    for (const index of [0, 1, 3]) {
      const result = results[index]
      if (result?.ok === false) throw Object.assign(new Error(result.message), { data: result })
    }
  },
}

/** Writes until it is refused, and gives the reason. */
async function writeUntilRefused(write: () => Promise<unknown>): Promise<string | undefined> {
  for (;;) {
    // Timers and an embedded database would leave no turn to what hashes the password.
    await new Promise(setImmediate)
    const error: unknown = await write().then(
      () => undefined,
      (reason: unknown) => reason ?? 'no reason',
    )
    if (error !== undefined) return (error as { data?: { reason?: string } }).data?.reason ?? String(error)
  }
}

/** How many rows are left of anybody's tasks. */
async function countLeft(): Promise<number[]> {
  const { db } = backend.database
  const { taskFeeds, tasks, taskTombstones } = tables
  return [await db.$count(tasks), await db.$count(taskFeeds), await db.$count(taskTombstones)]
}

describe('an account that is deleted while its tasks are written', () => {
  it(`goes, ${rounds} times, and every writer is refused as a stranger or finds its task gone`, async () => {
    for (let round = 0; round < rounds; round++) {
      const user = round === 0 ? owner : await backend.signUp()
      const device = () => backend.client(`Bearer ${user.signedIn.accessToken}`)
      // The first task makes the feed: half of the rounds begin without one.
      const isNew = round % 2 === 0
      const ids = isNew
        ? []
        : await Promise.all(
            Object.keys(writers).map(async () => {
              return (await user.client.tasks.create.mutate({ title: 'x' })).id
            }),
          )
      const written = Object.values(writers).flatMap((write, index) => {
        const id = ids[index]
        // Of a new account, there is nothing to change yet.
        if (id === undefined && ![0, 3, 5].includes(index)) return []
        const client = device()
        return [writeUntilRefused(() => write(client, id ?? ''))]
      })
      const deletion = user.client.auth.deleteAccount.mutate({ currentPassword: user.password })
      const [deleted, ...reasons] = await Promise.all([deletion, ...written])
      expect(deleted).toEqual({ message: 'Account deleted' })
      for (const reason of reasons) expect(['TOKEN_INVALID', 'TASK_NOT_FOUND']).toContain(reason)
      expect(reasons).toContain('TOKEN_INVALID')
    }
    expect(await countLeft()).toEqual([0, 0, 0])
    expect(backend.log.filter(({ level }) => level === 'error')).toEqual([])
  }, 120_000)

  it('refuses each write that comes after, whatever it writes', async () => {
    const { client, password } = owner
    const { id } = await client.tasks.create.mutate({ title: 'x' })
    await client.auth.deleteAccount.mutate({ currentPassword: password })
    for (const write of Object.values(writers))
      expect(await writeUntilRefused(() => write(client, id))).toBe('TOKEN_INVALID')
  })
})

describe('an account that was deleted elsewhere, of which this server has not heard', () => {
  beforeEach(async () => {
    await owner.client.tasks.create.mutate({ title: 'x' })
    await backend.database.db.execute(`delete from users where id = '${owner.signedIn.user.id}'`)
  })

  const atomic = (operations: Operation[]) => owner.client.tasks.batch.mutate({ atomic: true, operations })

  it.each<[string, () => Promise<unknown>]>([
    ['a new task', () => owner.client.tasks.create.mutate({ title: 'x' })],
    ['an atomic batch of one new task', () => atomic([creation()])],
    ['an atomic batch of new tasks', () => atomic([creation(), creation()])],
  ])('refuses its token for %s', async (_what, call) => {
    await expect(call()).rejects.toMatchObject({ data: { httpStatus: 401, reason: 'TOKEN_INVALID' } })
    expect(await countLeft()).toEqual([0, 0, 0])
  })

  it('refuses its token for each new task of another batch', async () => {
    const { results } = await owner.client.tasks.batch.mutate({
      atomic: false,
      operations: [creation(), creation(), { op: 'delete', input: { id: crypto.randomUUID() } }, creation()],
    })
    expect(results.map((result) => !result.ok && result.reason)).toEqual([
      'TOKEN_INVALID',
      'TOKEN_INVALID',
      'TASK_NOT_FOUND',
      'TOKEN_INVALID',
    ])
    expect(backend.log.filter(({ level }) => level === 'error')).toEqual([])
  })
})
