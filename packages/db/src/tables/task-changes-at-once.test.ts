import { randomInt, randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import type { PostgresDatabase } from '../connect.ts'
import { violatedConstraint } from '../errors.ts'
import { requirePostgres } from '../fixtures/postgres.ts'
import { insertUser } from '../fixtures/rows.ts'
import { createServerTestDatabase } from '../testing.ts'

/** Only a server has several connections at once. */
async function open(context: TestContext): Promise<PostgresDatabase> {
  const database = await createServerTestDatabase(await requirePostgres(context), { connectionsMax: 8 })
  onTestFinished(database.close)
  return database
}

/** A connection of its own, which goes back at the end of the test. */
async function reserve({ client }: PostgresDatabase): Promise<postgres.ReservedSql> {
  const connection = await client.reserve()
  onTestFinished(() => connection.release())
  // Instead of the test's own time limit, which would not tell who waited.
  await connection.unsafe(`set lock_timeout = '10s'`)
  return connection
}

const insertion = (userId: string, id: string = randomUUID()) =>
  `insert into tasks (user_id, id, title) values ('${userId}', '${id}', 'Buy milk') returning seq::int`
const changeOf = (userId: string, id: string) =>
  `update tasks set title = md5(random()::text) where user_id = '${userId}' and id = '${id}' returning seq::int`
const feedLockOf = (userId: string) => `select from task_feeds where user_id = '${userId}' for update`
const feedDeletionOf = (userId: string) => `delete from task_feeds where user_id = '${userId}'`
const deletionOf = (userId: string) => `delete from users where id = '${userId}'`

interface Outcome {
  seq?: number | undefined
  error?: unknown
}

/** Starts a statement now, and never rejects. */
function start(connection: postgres.ReservedSql | postgres.Sql, statement: string): Promise<Outcome> {
  return connection.unsafe<{ seq?: number }[]>(statement).then(
    ([row]) => ({ seq: row?.seq }),
    (error: unknown) => ({ error }),
  )
}

/** Resolves when so many statements wait for a lock. */
async function whenWaiting({ client }: PostgresDatabase, count: number): Promise<void> {
  const waiting = () =>
    client.unsafe(`select from pg_stat_activity
      where datname = current_database() and state = 'active' and wait_event_type = 'Lock'`)
  await expect.poll(waiting, { interval: 5, timeout: 10_000 }).toHaveLength(count)
}

interface Writers {
  database: PostgresDatabase
  userId: string
  first: postgres.ReservedSql
  second: postgres.ReservedSql
}

async function openWriters(context: TestContext): Promise<Writers> {
  const database = await open(context)
  const userId = await insertUser(database.db)
  return { database, userId, first: await reserve(database), second: await reserve(database) }
}

describe('two writers of one owner', () => {
  const writes = {
    'its first tasks': { tasksBefore: 0, of: (userId: string) => insertion(userId) },
    'new tasks': { tasksBefore: 2, of: (userId: string) => insertion(userId) },
    'tasks that are there': { tasksBefore: 2, of: changeOf },
  }
  const cases = Object.entries(writes).flatMap(([what, write]) => [
    { what, ...write, end: 'commit', taken: 1 },
    { what, ...write, end: 'rollback', taken: 0 },
  ])

  it.for(cases)('of $what take turns: the second waits for the $end of the first', async (given, context) => {
    const { database, userId, first, second } = await openWriters(context)
    const ids = [randomUUID(), randomUUID()] as const
    for (const id of ids.slice(0, given.tasksBefore)) await first.unsafe(insertion(userId, id))
    const next = given.tasksBefore + 1

    await first.unsafe('begin')
    expect(await start(first, given.of(userId, ids[0]))).toEqual({ seq: next })
    const waiting = start(second, given.of(userId, ids[1]))
    await whenWaiting(database, 1)
    await first.unsafe(given.end)
    expect(await waiting).toEqual({ seq: next + given.taken })
    const [feed] = await first.unsafe(`select seq::int from task_feeds where user_id = '${userId}'`)
    expect(feed).toEqual({ seq: next + given.taken })
  })

  it('that change several tasks in any order both succeed when each locks the feed first', async (context) => {
    const { database, userId, first, second } = await openWriters(context)
    const ids = Array.from({ length: 5 }, () => randomUUID())
    for (const id of ids) await first.unsafe(insertion(userId, id))
    const change = async (connection: postgres.ReservedSql, order: readonly string[]) => {
      await connection.unsafe('begin')
      await connection.unsafe(feedLockOf(userId))
      for (const id of order) await connection.unsafe(changeOf(userId, id))
      await connection.unsafe('commit')
    }
    for (let round = 0; round < 20; round += 1) {
      await Promise.all([change(first, ids), change(second, ids.toReversed())])
    }
    const [feed] = await database.client.unsafe(`select seq::int from task_feeds`)
    expect(feed).toEqual({ seq: 5 + 20 * 2 * 5 })
  })
})

describe('writers of two owners', () => {
  it.for([0, 1])('do not wait for each other, with %i tasks before', async (tasksBefore, context) => {
    const { database, userId, first, second } = await openWriters(context)
    const other = await insertUser(database.db)
    const ids = { [userId]: randomUUID(), [other]: randomUUID() }
    for (const owner of [userId, other]) {
      if (tasksBefore > 0) await first.unsafe(insertion(owner, ids[owner]))
    }
    await first.unsafe('begin')
    await first.unsafe(insertion(userId))
    expect(await start(second, insertion(other))).toEqual({ seq: tasksBefore + 1 })
    if (tasksBefore > 0) {
      expect(await start(second, changeOf(other, ids[other] ?? ''))).toEqual({ seq: 3 })
    }
    await first.unsafe('commit')
  })
})

interface ReadTask {
  id: string
  seq: number
  version: number
}

interface Race {
  database: PostgresDatabase
  userId: string
  transactions: number
  write: (tx: postgres.TransactionSql, ownIds: string[]) => Promise<unknown>
}

const writers = 5

/**
 * Several connections write for one owner, each waiting a moment before it commits. Runs `read` again
 * and again meanwhile, and once more when all is written.
 */
async function race({ database, userId, transactions, write }: Race, read: () => Promise<void>) {
  const { client } = database
  let isWriting = true
  const writeAll = async () => {
    const ownIds: string[] = []
    for (let written = 0; written < transactions; written += 1) {
      await client.begin(async (tx) => {
        await write(tx, ownIds)
        await tx.unsafe(`select pg_sleep(${randomInt(8) / 1000})`)
      })
    }
  }
  const readAll = async () => {
    while (isWriting) await read()
    await read()
  }
  const written = Promise.all(Array.from({ length: writers }, writeAll)).finally(() => {
    isWriting = false
  })
  await Promise.all([written, readAll()])
  const [feed] = await client.unsafe<{ seq: number }[]>(
    `select seq::int from task_feeds where user_id = '${userId}'`,
  )
  return feed?.seq
}

/** Inserts one or several tasks, or changes some of its own, as a request may. */
async function writeAnything(tx: postgres.TransactionSql, userId: string, ownIds: string[]): Promise<void> {
  const what = ownIds.length === 0 ? 0 : randomInt(4)
  if (what === 0) {
    const id = randomUUID()
    await tx.unsafe(insertion(userId, id))
    ownIds.push(id)
  } else if (what === 1) {
    await tx.unsafe(changeOf(userId, ownIds[randomInt(ownIds.length)] ?? ''))
  } else if (what === 2) {
    await tx.unsafe(feedLockOf(userId))
    for (const id of ownIds.slice(0, 3)) await tx.unsafe(changeOf(userId, id))
  } else {
    const rows = Array.from({ length: 3 }, () => `('${userId}', '${randomUUID()}', 'Buy milk')`)
    await tx.unsafe(`insert into tasks (user_id, id, title) values ${rows.join()}`)
  }
}

describe('a reader', () => {
  it('never sees a new task before one with a lower number', async (context) => {
    const database = await open(context)
    const userId = await insertUser(database.db)
    let mostSeen = 0
    let reads = 0
    const read = async () => {
      const rows = await database.client.unsafe<{ seq: number }[]>(
        `select seq::int from tasks where user_id = '${userId}' order by seq`,
      )
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1))
      if (rows.length > mostSeen) reads += 1
      mostSeen = rows.length
    }
    const write = (tx: postgres.TransactionSql) => tx.unsafe(insertion(userId))
    const last = await race({ database, userId, transactions: 30, write }, read)
    expect([mostSeen, last]).toEqual([writers * 30, writers * 30])
    expect(reads).toBeGreaterThan(10)
  })

  it('that asks only for what is above the last number it saw misses no change', async (context) => {
    const database = await open(context)
    const userId = await insertUser(database.db)
    const known = new Map<string, Omit<ReadTask, 'id'>>()
    let cursor = 0
    let pages = 0
    const readFrom = (seq: number) =>
      database.client.unsafe<ReadTask[]>(
        `select id, seq::int, version from tasks where user_id = '${userId}' and seq > ${seq} order by seq limit 7`,
      )
    const read = async () => {
      for (let page = await readFrom(cursor); page.length > 0; page = await readFrom(cursor)) {
        pages += 1
        for (const { id, ...change } of page) known.set(id, change)
        cursor = page.at(-1)?.seq ?? cursor
      }
    }
    const write = (tx: postgres.TransactionSql, ownIds: string[]) => writeAnything(tx, userId, ownIds)
    const last = await race({ database, userId, transactions: 30, write }, read)
    const all = await database.client.unsafe<ReadTask[]>(`select id, seq::int, version from tasks`)
    expect(known).toEqual(new Map(all.map(({ id, ...change }) => [id, change])))
    expect(cursor).toBe(last)
    expect(pages).toBeGreaterThan(10)
  })
})

describe('a writer whose owner is being deleted', () => {
  const refusalOf = ({ error }: Outcome) => violatedConstraint(error)

  it.for([0, 1])(
    'waits, and is refused by the key of the feed, with %i tasks before',
    async (given, context) => {
      const { database, userId, first, second } = await openWriters(context)
      for (let task = 0; task < given; task += 1) await first.unsafe(insertion(userId))
      await first.unsafe('begin')
      await first.unsafe(deletionOf(userId))
      const waiting = start(second, insertion(userId))
      await whenWaiting(database, 1)
      await first.unsafe('commit')
      expect(refusalOf(await waiting)).toBe('task_feeds_user_id_users_id_fk')
    },
  )

  it('is waited for by a deletion that begins with the feed, and both succeed', async (context) => {
    const { database, userId, first, second } = await openWriters(context)
    const ids = [randomUUID(), randomUUID()] as const
    for (const id of ids) await first.unsafe(insertion(userId, id))
    await first.unsafe('begin')
    await first.unsafe(changeOf(userId, ids[1]))
    const deletion = start(second, `begin; ${feedDeletionOf(userId)}; ${deletionOf(userId)}; commit`)
    await whenWaiting(database, 1)
    expect(await start(first, changeOf(userId, ids[0]))).toEqual({ seq: 4 })
    expect(await start(first, insertion(userId))).toEqual({ seq: 5 })
    await first.unsafe('commit')
    expect(await deletion).not.toHaveProperty('error')
    expect(await database.client.unsafe('select from users')).toEqual([])
    expect(refusalOf(await start(first, insertion(userId)))).toBe('task_feeds_user_id_users_id_fk')
  })
})
