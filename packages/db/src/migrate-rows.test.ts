import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from './connect.ts'
import { readJournal } from './fixtures/journal.ts'
import { insertNastyRows } from './fixtures/nasty-rows.ts'
import { queryRows } from './fixtures/rows.ts'
import { migrate, rollback } from './migrate.ts'
import { createTestDatabase } from './testing.ts'

type Row = Record<string, unknown>

const tables = ['users', 'identities', 'sessions', 'auth_events', 'tasks']
const columnsOfAccounts = ['failed_log_ins', 'locked_until', 'profile_issued_at']

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
  await insertNastyRows(database, 100)
})

afterAll(() => database.close())

async function readAll(): Promise<Record<string, Row[]>> {
  const read = async (table: string): Promise<[string, Row[]]> => {
    const rows = await queryRows<{ row: Row }>(
      database,
      `select to_jsonb(t) as row from ${table} t order by (to_jsonb(t) - '{${columnsOfAccounts}}'::text[])::text`,
    )
    return [table, rows.map(({ row }) => row)]
  }
  return Object.fromEntries(await Promise.all(tables.map(read)))
}

function withoutColumns(all: Record<string, Row[]>, columns: string[]): Record<string, Row[]> {
  const kept = (row: Row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !columns.includes(name)))
  return Object.fromEntries(Object.entries(all).map(([table, rows]) => [table, rows.map(kept)]))
}

async function rollBackTo(tag: string): Promise<void> {
  const tags = (await readJournal()).map((migration) => migration.tag)
  for (const newer of tags.slice(tags.indexOf(tag) + 1).reverse())
    expect(await rollback(database)).toBe(newer)
}

it('the tables and columns for accounts come and go, and every other value stays', async () => {
  const before = withoutColumns(await readAll(), columnsOfAccounts)
  expect(before).toMatchObject({ users: { length: 13 }, tasks: { length: 100 } })

  await rollBackTo('0001_touch_triggers')
  expect(await readAll()).toEqual(before)

  await migrate(database)
  const after = await readAll()
  expect(withoutColumns(after, columnsOfAccounts)).toEqual(before)
  for (const user of after['users'] ?? [])
    expect(user).toMatchObject({ failed_log_ins: 0, locked_until: null })
  for (const identity of after['identities'] ?? [])
    expect(identity).toMatchObject({ profile_issued_at: null })
})
