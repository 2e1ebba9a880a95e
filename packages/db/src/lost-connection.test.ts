import { type AddressInfo, createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { expect, it, onTestFinished, type TestContext } from 'vitest'
import { connect, type Db, type PostgresDatabase } from './connect.ts'
import { copyDatabase } from './copy.ts'
import { isDatabaseUnavailable } from './errors.ts'
import { requirePostgres } from './fixtures/postgres.ts'
import { insertUser, queryRows } from './fixtures/rows.ts'
import { createEmbeddedTestDatabase, createServerTestDatabase } from './testing.ts'

const cutOffHere = sql`select pg_terminate_backend(pg_backend_pid())`

async function open(context: TestContext, connectionsMax: number): Promise<PostgresDatabase> {
  const database = await createServerTestDatabase(await requirePostgres(context), { connectionsMax })
  onTestFinished(database.close)
  return database
}

async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  return await work.then(
    () => 'nothing failed',
    (error: unknown) => error,
  )
}

it('a lost connection fails what it carried, and the next statement works', async (context) => {
  const database = await open(context, 1)
  expect(isDatabaseUnavailable(await failureOf(database.db.execute(cutOffHere)))).toBe(true)
  expect(await queryRows(database, 'select 1 as one')).toEqual([{ one: 1 }])
})

it('a transaction that is cut off in a statement leaves nothing, and the process runs on', async (context) => {
  const database = await open(context, 1)
  const cutOff = database.db.transaction(async (tx) => {
    await insertUser(tx)
    await tx.execute(cutOffHere)
  })
  expect(isDatabaseUnavailable(await failureOf(cutOff))).toBe(true)
  expect(await queryRows(database, 'select from users')).toEqual([])
})

it('a transaction that is cut off between statements never goes on outside itself', async (context) => {
  const database = await open(context, 1)
  const other = await connect({ url: await requirePostgres(context), connectionsMax: 1 })
  onTestFinished(other.close)
  const carryOn = async (tx: Db) => {
    await insertUser(tx)
    await queryRows(
      other,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where state = 'idle in transaction' and datname = '${database.client.options.database}'`,
    )
    await setTimeout(50)
    const another = insertUser(database.db, { name: 'another request' })
    await failureOf(insertUser(tx, { name: 'cut off' }))
    await another
    await insertUser(tx, { name: 'cut off' })
  }
  let carriedOn: Promise<void> | undefined
  const cutOff = database.db.transaction((tx) => {
    carriedOn = carryOn(tx)
    return carriedOn
  })
  expect(isDatabaseUnavailable(await failureOf(cutOff))).toBe(true)
  await expect(carriedOn).rejects.toThrow()
  expect(await queryRows(database, 'select name from users')).toEqual([{ name: 'another request' }])
})

it('a copy brings nothing over when its target goes away half-way', async (context) => {
  const [source, target] = await Promise.all([createEmbeddedTestDatabase(), open(context, 1)])
  onTestFinished(source.close)
  await insertUser(source.db)
  await target.client.unsafe(`
    create function go_away() returns trigger language plpgsql as $$
      begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
    create trigger go_away after insert on users for each row execute function go_away()`)
  expect(isDatabaseUnavailable(await failureOf(copyDatabase(source, target)))).toBe(true)
  expect(await queryRows(target, 'select from users')).toEqual([])
  expect(await queryRows(source, 'select from users')).toHaveLength(1)
})

it('closes at once after a connection was lost', async (context) => {
  const database = await connect({ url: await requirePostgres(context), connectionsMax: 1 })
  await failureOf(database.db.execute(cutOffHere))
  const startedAt = performance.now()
  await database.close()
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

it('a proxy that takes connections and hangs up is told from a database, at once', async () => {
  let connections = 0
  const proxy = createServer((socket) => {
    connections++
    socket.end()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void proxy.close())
  const { port } = proxy.address() as AddressInfo
  const database = await connect({ url: `postgres://nobody@127.0.0.1:${port}/none`, connectionsMax: 1 })
  onTestFinished(database.close)
  expect(isDatabaseUnavailable(await failureOf(database.ping()))).toBe(true)
  expect(isDatabaseUnavailable(await failureOf(database.ping()))).toBe(true)
  expect(connections).toBeLessThan(10)
})
