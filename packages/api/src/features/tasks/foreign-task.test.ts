import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { BatchTasks } from './contract.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend
/** Of the same server, as by default. */
let discreet: TestBackend

beforeAll(async () => {
  backend = await createTestBackend({ foreignTask: 'forbidden' })
  discreet = await createTestBackend()
})
afterAll(async () => {
  await backend.close()
  await discreet.close()
})

type Client = TestUser['client']
type Operation = BatchTasks['operations'][number]

const runBatch = (client: Client, operation: Operation) =>
  client.tasks.batch.mutate({ atomic: true, operations: [operation] })

const byId = {
  get: (client: Client, id: string) => client.tasks.get.query({ id }),
  update: (client: Client, id: string) => client.tasks.update.mutate({ id, title: 'Changed' }),
  'update of nothing': (client: Client, id: string) => client.tasks.update.mutate({ id }),
  'update of another version': (client: Client, id: string) =>
    client.tasks.update.mutate({ id, title: 'Changed', expectedVersion: 77 }),
  replace: (client: Client, id: string) => client.tasks.replace.mutate({ id, title: 'Changed' }),
  complete: (client: Client, id: string) => client.tasks.complete.mutate({ id }),
  reopen: (client: Client, id: string) => client.tasks.reopen.mutate({ id }),
  delete: (client: Client, id: string) => client.tasks.delete.mutate({ id }),
  restore: (client: Client, id: string) => client.tasks.restore.mutate({ id }),
  purge: (client: Client, id: string) => client.tasks.purge.mutate({ id }),
  'batch of an update': (client: Client, id: string) => runBatch(client, { op: 'update', input: { id } }),
  'batch of a replacement': (client: Client, id: string) =>
    runBatch(client, { op: 'replace', input: { id, title: 'Changed' } }),
  'batch of a completion': (client: Client, id: string) =>
    runBatch(client, { op: 'complete', input: { id } }),
  'batch of a reopening': (client: Client, id: string) => runBatch(client, { op: 'reopen', input: { id } }),
  'batch of a deletion': (client: Client, id: string) => runBatch(client, { op: 'delete', input: { id } }),
  'batch of a restoration': (client: Client, id: string) =>
    runBatch(client, { op: 'restore', input: { id } }),
}

/** What finds a task of one's own in the trash. */
const ofTrash = ['delete', 'restore', 'purge', 'batch of a deletion', 'batch of a restoration']

interface Tasks {
  owner: TestUser
  caller: TestUser
  /** Of the owner. */
  live: string
  trashed: string
  /** Of nobody any more. */
  purged: string
  /** Of the caller. */
  ownTrashed: string
  absent: string
}

/** Of each server, who owns the tasks and who calls. */
const users = new Map<TestBackend, [TestUser, TestUser]>()

async function createTasks(of: TestBackend): Promise<Tasks> {
  const [owner, caller] = users.get(of) ?? [await of.signUp(), await of.signUp()]
  users.set(of, [owner, caller])
  const create = async ({ client }: TestUser) => (await client.tasks.create.mutate({ title: 'Mine' })).id
  const [live, trashed, purged] = [await create(owner), await create(owner), await create(owner)]
  const ownTrashed = await create(caller)
  await owner.client.tasks.delete.mutate({ id: trashed })
  await owner.client.tasks.delete.mutate({ id: purged })
  await owner.client.tasks.purge.mutate({ id: purged })
  await caller.client.tasks.delete.mutate({ id: ownTrashed })
  return { owner, caller, live, trashed, purged, ownTrashed, absent: crypto.randomUUID() }
}

/** What a call is refused with, and how many statements that takes. */
async function costOf(of: TestBackend, call: () => Promise<unknown>) {
  of.statements.length = 0
  const data = await refusalOf(call())
  return { data, statements: of.statements.length }
}

describe.each(Object.entries(byId))('where foreign tasks are told, tasks.%s', (name, call) => {
  it("answers another user's task as forbidden, says nothing of it, and leaves it as it was", async () => {
    const { owner, caller, live, trashed } = await createTasks(backend)
    const before = await owner.client.tasks.list.query()
    const next = await owner.client.tasks.changes.query()
    for (const id of [live, trashed, live.toUpperCase()]) {
      const data = await refusalOf(call(caller.client, id))
      expect(data).toMatchObject({ code: 'FORBIDDEN', httpStatus: 403, reason: 'TASK_FORBIDDEN' })
      expect(data).not.toHaveProperty('task')
    }
    expect(await owner.client.tasks.list.query()).toEqual(before)
    expect(await owner.client.tasks.changes.query()).toEqual(next)
  })

  it('answers a task that nobody has as not there', async () => {
    const { caller, absent, purged } = await createTasks(backend)
    for (const id of [absent, purged]) {
      expect(await refusalOf(call(caller.client, id))).toMatchObject({
        httpStatus: 404,
        reason: 'TASK_NOT_FOUND',
      })
    }
  })

  it('takes one statement more for a task that the caller does not have, and none for one that it has', async () => {
    const told = await createTasks(backend)
    const untold = await createTasks(discreet)
    for (const kind of ['live', 'trashed', 'absent'] as const) {
      const loud = await costOf(backend, () => call(told.caller.client, told[kind]))
      const quiet = await costOf(discreet, () => call(untold.caller.client, untold[kind]))
      expect(loud.statements).toBe(quiet.statements + 1)
    }
    const kind = name === 'purge' ? 'trashed' : 'live'
    if (name === 'update of another version') return
    for (const [of, tasks] of [
      [backend, told],
      [discreet, untold],
    ] as const) {
      of.statements.length = 0
      await call(tasks.owner.client, tasks[kind])
      expect(of.statements).toHaveLength(1)
    }
  })
})

const ofLiveTasks = Object.entries(byId).filter(([name]) => !ofTrash.includes(name))

describe.each(ofLiveTasks)('where foreign tasks are told, tasks.%s', (_name, call) => {
  it("answers a task in one's own trash as not there", async () => {
    const { caller, owner, ownTrashed } = await createTasks(backend)
    expect(await refusalOf(call(caller.client, ownTrashed))).toMatchObject({ reason: 'TASK_NOT_FOUND' })
    await owner.client.tasks.create.mutate({ id: ownTrashed, title: 'Of the same id' })
    expect(await refusalOf(call(caller.client, ownTrashed))).toMatchObject({ reason: 'TASK_NOT_FOUND' })
  })
})

describe.each(Object.entries(byId))('where foreign tasks are not told, tasks.%s', (_name, call) => {
  it("answers another user's task and one that nobody has alike, after as many statements", async () => {
    const { caller, live, trashed, purged, absent } = await createTasks(discreet)
    const [first, ...others] = await Promise.resolve([live, trashed, purged, absent]).then(async (ids) => {
      const costs: Awaited<ReturnType<typeof costOf>>[] = []
      for (const id of ids) costs.push(await costOf(discreet, () => call(caller.client, id)))
      return costs
    })
    expect(first?.data).toMatchObject({ httpStatus: 404, reason: 'TASK_NOT_FOUND' })
    for (const other of others) expect(other).toEqual(first)
  })
})

it('forbids one operation of a batch that is not atomic, and runs the others', async () => {
  const { owner, caller, live, absent } = await createTasks(backend)
  const own = await caller.client.tasks.create.mutate({ title: 'Mine' })
  const { results } = await caller.client.tasks.batch.mutate({
    atomic: false,
    operations: [live, own.id, absent].map((id) => ({ op: 'complete', input: { id } })),
  })
  expect(results).toMatchObject([
    { index: 0, ok: false, reason: 'TASK_FORBIDDEN' },
    { index: 1, ok: true, task: { completed: true } },
    { index: 2, ok: false, reason: 'TASK_NOT_FOUND' },
  ])
  expect(await owner.client.tasks.get.query({ id: live })).toMatchObject({ completed: false })
})

it('lets two users have the same id, also where foreign tasks are told', async () => {
  const { caller, live } = await createTasks(backend)
  const twin = await caller.client.tasks.create.mutate({ id: live, title: 'Theirs' })
  expect(await caller.client.tasks.get.query({ id: live })).toEqual(twin)
})
