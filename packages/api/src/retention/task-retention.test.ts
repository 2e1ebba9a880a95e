import { randomUUID } from 'node:crypto'
import { tables } from '@tasklane/db'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { restoreTask } from '../features/tasks/queries.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../testing.ts'
import { runRetention } from './run-retention.ts'

let backend: TestBackend
let owner: TestUser
let ownerId: string
let client: TestUser['client']

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  await db().delete(tables.users)
  owner = await backend.signUp()
  ownerId = owner.signedIn.user.id
  client = owner.client
  backend.log.length = 0
})
afterAll(() => backend.close())

const { taskFeeds, tasks, taskTombstones, users } = tables
const db = () => backend.database.db
const dayMilliseconds = 24 * 3600 * 1000
const refusal = (reason: string) => ({ data: { reason } })

/** Runs as if it were then, with a trash of 30 days. */
async function runAt(at: Date, trashDays = 30) {
  const dependencies = { ...backend.dependencies, now: () => at }
  const { tasks, taskTombstones } = await runRetention(dependencies, { eventsDays: 90, trashDays })
  return { tasks, taskTombstones }
}
/** The answer, which is to come while the caller holds a lock. */
async function withoutWaiting(call: () => Promise<unknown>): Promise<unknown> {
  let answer: unknown
  const keep = (value: unknown) => {
    answer = value
  }
  void call().then(keep, keep)
  await expect.poll(() => answer, { timeout: 10_000 }).toBeDefined()
  return answer
}
const later = (instant: Date, days: number, milliseconds = 0) =>
  new Date(instant.getTime() + days * dayMilliseconds + milliseconds)
/** So late that all that is deleted now is old. */
const muchLater = () => later(new Date(), 31)
const nothing = { tasks: 0, taskTombstones: 0 }

const create = (title = 'x') => client.tasks.create.mutate({ title })
async function trash(title = 'x') {
  const { id, deletedAt } = await client.tasks.delete.mutate({ id: (await create(title)).id })
  return { id, deletedAt: deletedAt ?? new Date(Number.NaN) }
}
async function purge() {
  const { id } = await client.tasks.purge.mutate({ id: (await trash()).id })
  const [tombstone] = await db().select().from(taskTombstones).where(eq(taskTombstones.id, id))
  return { id, purgedAt: tombstone?.purgedAt ?? new Date(Number.NaN) }
}
const readChanges = (since: number) => client.tasks.changes.query({ since })
const position = async () => (await client.tasks.changes.query()).next

describe('a task in the trash', () => {
  it.each([
    ['30 days', 30],
    ['one day', 1],
  ])('stays for %s, and goes then', async (_what, trashDays) => {
    const { id, deletedAt } = await trash()
    for (const milliseconds of [-dayMilliseconds, -1, 0])
      expect(await runAt(later(deletedAt, trashDays, milliseconds), trashDays)).toEqual(nothing)
    expect(await client.tasks.counts.query()).toMatchObject({ trashed: 1 })
    expect(await runAt(later(deletedAt, trashDays, 1), trashDays)).toEqual({ ...nothing, tasks: 1 })
    expect(await client.tasks.counts.query()).toMatchObject({ trashed: 0 })
    for (const call of [client.tasks.restore, client.tasks.delete, client.tasks.purge])
      await expect(call.mutate({ id })).rejects.toMatchObject(refusal('TASK_NOT_FOUND'))
  })

  it('goes alone: a younger one stays, and so does every live task', async () => {
    const old = await trash('old')
    const young = await trash('young')
    const live = await create('live')
    await db()
      .update(tasks)
      .set({ deletedAt: later(young.deletedAt, -1) })
      .where(eq(tasks.id, old.id))
    expect(await runAt(later(young.deletedAt, 30))).toEqual({ ...nothing, tasks: 1 })
    expect((await client.tasks.list.query({ trashed: true })).tasks).toMatchObject([{ id: young.id }])
    expect(await client.tasks.get.query({ id: live.id })).toEqual(live)
    expect(await runAt(later(live.createdAt, 10_000))).toEqual({ ...nothing, tasks: 1 })
    expect(await client.tasks.get.query({ id: live.id })).toEqual(live)
  })

  it('leaves its id free', async () => {
    const { id } = await trash()
    await runAt(muchLater())
    expect(await client.tasks.create.mutate({ id, title: 'Again' })).toMatchObject({ id, version: 1 })
  })

  it('stays when it is restored at the last moment', async () => {
    const { id, deletedAt } = await trash()
    const tooOld = later(deletedAt, 30, 1)
    if (backend.database.kind === 'postgres') {
      await db().transaction(async (tx) => {
        await restoreTask(tx, { id, ownerId, expectedVersion: undefined })
        expect(await withoutWaiting(() => runAt(tooOld))).toEqual(nothing)
      })
    } else {
      // The embedded database has one connection: nothing happens meanwhile.
      await client.tasks.restore.mutate({ id })
    }
    expect(await runAt(tooOld)).toEqual(nothing)
    expect(await client.tasks.get.query({ id })).toMatchObject({ id, version: 3, deletedAt: null })
  })

  it('is restored or gone when both happen at once, and its owner is told which', async () => {
    for (let round = 0; round < 40; round++) {
      const { id } = await trash()
      const since = await position()
      const [restored, counts] = await Promise.all([
        client.tasks.restore.mutate({ id }).catch((error: unknown) => error),
        runAt(muchLater()),
      ])
      if (counts.tasks === 0) {
        expect(restored).toMatchObject({ id, version: 3 })
        expect(await client.tasks.get.query({ id })).toEqual(restored)
        expect(await readChanges(since)).toMatchObject({ resync: false, changes: [{ task: restored }] })
      } else {
        expect(restored).toMatchObject(refusal('TASK_NOT_FOUND'))
        expect(await readChanges(since)).toMatchObject({ resync: false, changes: [] })
        expect(await readChanges(since - 1)).toMatchObject({ resync: true })
      }
    }
  })
})

describe('what is kept of a purged task', () => {
  it('stays as long as a task in the trash, and goes then', async () => {
    const { id, purgedAt } = await purge()
    for (const milliseconds of [-1, 0])
      expect(await runAt(later(purgedAt, 30, milliseconds))).toEqual(nothing)
    expect(await client.tasks.purge.mutate({ id })).toEqual({ id })
    expect(await runAt(later(purgedAt, 30, 1))).toEqual({ ...nothing, taskTombstones: 1 })
    await expect(client.tasks.purge.mutate({ id })).rejects.toMatchObject(refusal('TASK_NOT_FOUND'))
  })
})

describe('the feed', () => {
  it.each([
    ['a task in the trash', trash],
    ['a purged task', purge],
  ])(
    'tells whoever has not read that %s was deleted to start again, and nobody else',
    async (_what, drop) => {
      const first = await create('first')
      const behind = await position()
      await drop()
      const ahead = await position()
      expect(await readChanges(behind)).toMatchObject({ resync: false, changes: [{ type: 'delete' }] })
      const last = await create('last')
      await runAt(muchLater())

      const next = await position()
      expect(await readChanges(behind)).toEqual({ changes: [], next, resync: true })
      expect(await readChanges(ahead)).toMatchObject({ changes: [{ task: last }], next, resync: false })
      expect(await readChanges(next)).toEqual({ changes: [], next, resync: false })
      expect((await client.tasks.list.query({ order: 'asc' })).tasks).toEqual([first, last])
    },
  )

  it('stands where it stood, and that of another user has all of its changes', async () => {
    const other = await backend.signUp()
    await other.client.tasks.create.mutate({ title: 'x' })
    await trash()
    const before = [await position(), await other.client.tasks.changes.query({ since: 0 })]
    await runAt(muchLater())
    expect([await position(), await other.client.tasks.changes.query({ since: 0 })]).toEqual(before)
  })

  it('tells nobody to start again while nothing of it is forgotten', async () => {
    await create()
    await trash()
    await purge()
    await runAt(later(new Date(), 29))
    expect(await readChanges(0)).toMatchObject({ resync: false, changes: { length: 3 } })
  })

  it('remembers the newest that is forgotten', async () => {
    await create()
    const seqs: number[] = []
    for (const drop of [trash, purge, trash, purge]) {
      await drop()
      seqs.push(await position())
    }
    await runAt(muchLater())
    const answers = await Promise.all(seqs.map(readChanges))
    expect(answers.map(({ resync }) => resync)).toEqual([true, true, true, false])
    await trash()
    await runAt(muchLater())
    expect(await readChanges(seqs.at(-1) ?? 0)).toMatchObject({ resync: true })
  })
})

/** Tasks in the trash, and tombstones, of one owner. */
async function insertOld(userId: string, counts: { tasks: number; tombstones: number }): Promise<void> {
  const at = sql`now() - interval '31 days'`
  for (let start = 0; start < counts.tasks; start += 1000) {
    const count = Math.min(1000, counts.tasks - start)
    await db().execute(sql`insert into tasks (user_id, id, title, deleted_at)
      select ${userId}, gen_random_uuid(), 'old', ${at} from generate_series(1, ${count}::integer)`)
  }
  await db().execute(sql`insert into task_tombstones (user_id, id, seq, purged_at)
    select ${userId}, gen_random_uuid(), 1, ${at} from generate_series(1, ${counts.tombstones}::integer)`)
}

describe('a run', () => {
  it('deletes at most 5000 rows of a kind in a statement, and goes on until none is left', async () => {
    await insertOld(ownerId, { tasks: 10_001, tombstones: 5001 })
    await create('kept')
    backend.statements.length = 0
    expect(await runAt(new Date())).toEqual({ tasks: 10_001, taskTombstones: 5001 })
    const deletions = backend.statements.filter((text) => text.includes('delete from "tasks"'))
    expect(deletions).toHaveLength(3)
    expect([await db().$count(tasks), await db().$count(taskTombstones)]).toEqual([1, 0])
  }, 60_000)

  it('deletes what is old of many owners', async () => {
    const ids = Array.from({ length: 1050 }, () => randomUUID())
    await db()
      .insert(users)
      .values(ids.map((id) => ({ id })))
    const row = (userId: string) => ({
      userId,
      id: randomUUID(),
      title: 'x',
      deletedAt: later(new Date(), -31),
    })
    await db().insert(tasks).values(ids.map(row))
    await db()
      .insert(tasks)
      .values(ids.map((userId) => ({ ...row(userId), deletedAt: null })))
    expect(await runAt(new Date())).toEqual({ tasks: 1050, taskTombstones: 0 })
    expect(await db().$count(tasks)).toBe(1050)
    expect(await db().$count(taskFeeds, sql`forgotten_seq = 1 and seq = 2`)).toBe(1050)
  }, 60_000)

  it('beside others deletes every row once', async () => {
    const others = await Promise.all(Array.from({ length: 4 }, () => backend.signUp()))
    const ids = [ownerId, ...others.map(({ signedIn }) => signedIn.user.id)]
    for (const id of ids) {
      await insertOld(id, { tasks: 300, tombstones: 0 })
      await insertOld(id, { tasks: 0, tombstones: 100 })
    }
    const counts = await Promise.all(Array.from({ length: 5 }, () => runAt(new Date())))
    counts.push(await runAt(new Date()))
    const sum = (kind: keyof typeof nothing) => counts.reduce((total, count) => total + count[kind], 0)
    expect([sum('tasks'), sum('taskTombstones')]).toEqual([1500, 500])
    expect([await db().$count(tasks), await db().$count(taskTombstones)]).toEqual([0, 0])
    expect(await runAt(new Date())).toEqual(nothing)
  })

  it('does not wait for an owner who writes, and deletes what is old of the others', async () => {
    const writer = await backend.signUp()
    const writerId = writer.signedIn.user.id
    await insertOld(ownerId, { tasks: 3, tombstones: 2 })
    await insertOld(writerId, { tasks: 5, tombstones: 4 })
    if (backend.database.kind === 'postgres') {
      await db().transaction(async (tx) => {
        await tx.insert(tasks).values({ userId: writerId, id: randomUUID(), title: 'Written now' })
        expect(await withoutWaiting(() => runAt(new Date()))).toEqual({ tasks: 3, taskTombstones: 2 })
      })
      expect(await runAt(new Date())).toEqual({ tasks: 5, taskTombstones: 4 })
    } else {
      // The embedded database has one connection: nobody else can write at the moment.
      expect(await runAt(new Date())).toEqual({ tasks: 8, taskTombstones: 6 })
    }
    expect(await runAt(new Date())).toEqual(nothing)
  })

  it('is written to the log with how many went, if any', async () => {
    await insertOld(ownerId, { tasks: 3, tombstones: 2 })
    await runAt(new Date())
    expect(backend.log).toMatchObject([
      {
        level: 'info',
        message: 'old rows deleted',
        details: { event: 'retention', tasks: 3, taskTombstones: 2 },
      },
    ])
    backend.log.length = 0
    await runAt(new Date())
    expect(backend.log).toEqual([])
  })
})

describe('whoever follows the changes while tasks are written and forgotten', () => {
  it('knows every task in the end, and no other', async () => {
    const known = new Map<string, string>()
    let since = 0
    let isWriting = true
    let resyncs = 0
    let rounds = 0
    const reload = async () => {
      known.clear()
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await client.tasks.list.query({ limit: 5, ...(cursor && { cursor }) })
        for (const { id, title } of page.tasks) known.set(id, title)
        cursor = page.nextCursor
      }
    }
    const read = async () => {
      const { changes, next, resync } = await client.tasks.changes.query({ since, limit: 3 })
      if (resync) {
        resyncs++
        await reload()
      }
      for (const change of changes) {
        if (change.type === 'upsert') known.set(change.task.id, change.task.title)
        else known.delete(change.id)
      }
      const isDone = next === since
      since = next
      return isDone
    }
    const follow = async () => {
      while (isWriting) {
        await read()
        // It falls behind by some writes, and so by what is forgotten meanwhile.
        const seen = rounds
        while (isWriting && rounds < seen + 4) await new Promise(setImmediate)
      }
      while (!(await read()));
    }
    const write = async () => {
      const ids = Array.from({ length: 8 }, () => randomUUID())
      for (let round = 0; round < 60; round++, rounds++) {
        const id = ids[round % ids.length] ?? ''
        const isTrash = await client.tasks.create.mutate({ id, title: `${round}` }).then(
          () => false,
          () => true,
        )
        const call = isTrash ? client.tasks.restore : client.tasks.delete
        await call.mutate({ id }).catch(() => undefined)
        if (round % 3 === 0) await client.tasks.purge.mutate({ id }).catch(() => undefined)
        if (round % 5 === 0)
          await client.tasks.update.mutate({ id, title: `u${round}` }).catch(() => undefined)
      }
    }
    const forget = async () => {
      while (isWriting) {
        await runAt(muchLater())
        // The embedded database answers before a timer runs.
        await new Promise(setImmediate)
      }
    }
    const written = Promise.all([write(), write()]).finally(() => {
      isWriting = false
    })
    await Promise.all([written, follow(), forget()])

    const { tasks: live } = await client.tasks.list.query({ limit: 100 })
    expect(known).toEqual(new Map(live.map(({ id, title }) => [id, title])))
    expect(resyncs).toBeGreaterThan(0)
  }, 60_000)
})
