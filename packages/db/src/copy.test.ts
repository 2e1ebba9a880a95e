import { afterAll, beforeAll, expect, it, onTestFinished, type TestContext } from 'vitest'
import type { Database, EmbeddedDatabase, PostgresDatabase } from './connect.ts'
import { copyDatabase, TargetNotEmptyError } from './copy.ts'
import { violatedConstraint } from './errors.ts'
import { readCatalog } from './fixtures/catalog.ts'
import { insertNastyRows } from './fixtures/nasty-rows.ts'
import { requirePostgres } from './fixtures/postgres.ts'
import { insertUser, queryRows } from './fixtures/rows.ts'
import { createEmbeddedTestDatabase, createServerTestDatabase } from './testing.ts'

const taskCount = 3_001

let source: EmbeddedDatabase
let tables: string[]

beforeAll(async () => {
  source = await createEmbeddedTestDatabase()
  await insertNastyRows(source, taskCount)
  const rows = await queryRows<{ name: string }>(
    source,
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  tables = rows.map(({ name }) => name)
})

afterAll(() => source.close())

async function openTarget(context: TestContext): Promise<PostgresDatabase> {
  const target = await createServerTestDatabase(await requirePostgres(context), { connectionsMax: 1 })
  onTestFinished(target.close)
  return target
}

/** Every row of a table as PostgreSQL writes it, in an order that both sides share. */
async function rowsOf(database: Database, table: string): Promise<string[]> {
  await queryRows(database, `set timezone to 'UTC'`)
  const rows = await queryRows<{ row: string }>(
    database,
    `select t::text as row from ${table} t order by t::text collate "C"`,
  )
  return rows.map(({ row }) => row)
}

async function countsOf(database: Database): Promise<number[]> {
  return await Promise.all(tables.map(async (table) => (await rowsOf(database, table)).length))
}

interface WrittenTask {
  seq: string
  words: string
  version: number
}

/** Writes a task of this user and changes it. */
async function writeTask(database: Database, userId: string): Promise<WrittenTask[]> {
  const returned = 'seq::text, words::text, version'
  const inserted = await queryRows<WrittenTask & { id: string }>(
    database,
    `insert into tasks (user_id, id, title) values ('${userId}', gen_random_uuid(), 'Buy milk')
      returning id, ${returned}`,
  )
  const [{ id = '', ...created } = {}] = inserted
  const key = `user_id = '${userId}' and id = '${id}'`
  const updated = await queryRows<WrittenTask>(
    database,
    `update tasks set title = 'Buy bread' where ${key} returning ${returned}`,
  )
  return [created as WrittenTask, ...updated]
}

it('is tried with different values in every column, and with none where there may be none', async () => {
  const columns = await queryRows<{ table: string; column: string; nullable: boolean }>(
    source,
    `select table_name as table, column_name as column, is_nullable = 'YES' as nullable
      from information_schema.columns where table_schema = 'public'`,
  )
  const untried: string[] = []
  for (const { table, column, nullable } of columns) {
    const [row] = await queryRows<{ tried: boolean }>(
      source,
      `select count(distinct ${column}::text) > 1 and (not ${nullable} or bool_or(${column} is null)) as tried
        from ${table}`,
    )
    if (!row?.tried) untried.push(`${table}.${column}`)
  }
  expect(columns.length).toBeGreaterThan(50)
  expect(untried).toEqual([])
})

it('brings every row of every table over as it is', async (context) => {
  const target = await openTarget(context)
  const copied = await copyDatabase(source, target)

  for (const table of tables) expect(await rowsOf(target, table)).toEqual(await rowsOf(source, table))
  expect(copied).toEqual({
    users: 13,
    identities: 13,
    deleted_identities: 13,
    sessions: 13,
    api_tokens: 13,
    mail_tokens: 13,
    idempotency_keys: 13,
    auth_events: 13,
    task_feeds: 13,
    tasks: taskCount,
    task_tombstones: 13,
  })
  expect(await countsOf(target)).toEqual(tables.map((table) => copied[table]))
})

it('leaves a target that goes on counting where each owner stood', async (context) => {
  const target = await openTarget(context)
  const before = await readCatalog(target)
  await copyDatabase(source, target)
  expect(await readCatalog(target)).toEqual(before)

  const feeds = await queryRows<{ userId: string; seq: string }>(
    source,
    'select user_id as "userId", seq::text from task_feeds',
  )
  expect(feeds).toHaveLength(13)
  expect(feeds).toContainEqual(expect.objectContaining({ seq: '9007199254740993' }))
  for (const { userId, seq } of feeds) {
    const next = (steps: bigint) => String(BigInt(seq) + steps)
    expect(await writeTask(target, userId)).toEqual([
      { seq: next(1n), words: `'buy':1A 'milk':2A`, version: 1 },
      { seq: next(2n), words: `'bread':2A 'buy':1A`, version: 2 },
    ])
  }
})

it('refuses a target with one row in any table and leaves it as it is', async (context) => {
  const target = await openTarget(context)
  const orphans: Record<string, string> = {
    users: `insert into users (id) values (gen_random_uuid())`,
    identities: `insert into identities (issuer, subject, user_id) values ('i', 's', gen_random_uuid())`,
    sessions: `insert into sessions (id, user_id, created_at, refreshed_at, expires_at, ends_at)
      values (gen_random_uuid(), gen_random_uuid(), now(), now(), now(), now())`,
    deleted_identities: `insert into deleted_identities values ('', now())`,
    api_tokens: `insert into api_tokens (id, user_id, name, token_hash, scopes, created_at)
      values (gen_random_uuid(), gen_random_uuid(), 'Backup', '', 'read', now())`,
    mail_tokens: `insert into mail_tokens (token_hash, user_id, purpose, email, created_at, expires_at)
      values ('', gen_random_uuid(), 'verify_email', '', now(), now())`,
    idempotency_keys: `insert into idempotency_keys (user_id, key, request_hash, answer, created_at)
      values (gen_random_uuid(), 'k', '', '', now())`,
    auth_events: `insert into auth_events (id, event_type, success, created_at)
      values (gen_random_uuid(), 'login', true, now())`,
    task_feeds: `insert into task_feeds (user_id, seq) values (gen_random_uuid(), 1)`,
    task_tombstones: `insert into task_tombstones (user_id, id, seq, purged_at)
      values (gen_random_uuid(), gen_random_uuid(), 1, now())`,
    tasks: `alter table tasks disable trigger user;
      insert into tasks (id, user_id, title) values (gen_random_uuid(), gen_random_uuid(), 'Buy milk');
      alter table tasks enable trigger user`,
  }
  expect(Object.keys(orphans).sort()).toEqual(tables.toSorted())
  for (const table of tables) {
    await queryRows(target, `alter table ${table} drop constraint if exists ${table}_user_id_users_id_fk`)
  }
  for (const [table, insert] of Object.entries(orphans)) {
    await queryRows(target, insert)
    const before = await rowsOf(target, table)
    const refusal = copyDatabase(source, target)
    await expect(refusal).rejects.toThrow(TargetNotEmptyError)
    await expect(refusal).rejects.toThrow(`The target database already has rows in "${table}".`)
    expect(await rowsOf(target, table)).toEqual(before)
    expect(await countsOf(target)).toEqual(tables.map((name) => (name === table ? 1 : 0)))
    await queryRows(target, `delete from ${table}`)
  }
})

it('brings nothing over when a late row is refused, and all of it when tried again', async (context) => {
  const target = await openTarget(context)
  await queryRows(target, `alter table tasks add constraint not_late check (version <> ${taskCount - 1})`)
  const before = await readCatalog(target)
  const failure = await copyDatabase(source, target).catch((error: unknown) => error)
  expect(violatedConstraint(failure)).toBe('not_late')
  expect(await countsOf(target)).toEqual(tables.map(() => 0))
  expect(await readCatalog(target)).toEqual(before)
  const userId = await insertUser(target.db)
  expect(await writeTask(target, userId)).toMatchObject([{ seq: '1' }, { seq: '2', version: 2 }])
  await queryRows(target, 'delete from users')

  await queryRows(target, 'alter table tasks drop constraint not_late')
  await copyDatabase(source, target)
  expect(await countsOf(target)).toEqual(await countsOf(source))
})
