import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from './connect.ts'
import { readJournal } from './fixtures/journal.ts'
import { insertNastyRows } from './fixtures/nasty-rows.ts'
import { insertTask, insertUser, queryRows } from './fixtures/rows.ts'
import { migrate, rollback } from './migrate.ts'
import { createTestDatabase } from './testing.ts'

type Row = Record<string, unknown>

const tablesOfAccounts = ['api_tokens', 'mail_tokens', 'deleted_identities']
const tables = ['users', 'identities', 'sessions', 'auth_events', 'tasks']
const columnsOfAccounts = ['failed_log_ins', 'locked_until', 'profile_issued_at']
const columnsOfChanges = ['seq', 'words']

let database: Database

beforeEach(async () => {
  database = await createTestDatabase()
  await insertNastyRows(database, 100)
})

afterEach(() => database.close())

/** Every row, in an order that does not depend on these columns. */
async function readAll(names: string[], without: string[]): Promise<Record<string, Row[]>> {
  const read = async (table: string): Promise<[string, Row[]]> => {
    const rows = await queryRows<{ row: Row }>(
      database,
      `select to_jsonb(t) as row from ${table} t order by (to_jsonb(t) - '{${without}}'::text[])::text`,
    )
    return [table, rows.map(({ row }) => row)]
  }
  return Object.fromEntries(await Promise.all(names.map(read)))
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
  const newColumns = [...columnsOfAccounts, ...columnsOfChanges]
  const before = withoutColumns(await readAll(tables, newColumns), newColumns)
  expect(before).toMatchObject({ users: { length: 13 }, tasks: { length: 100 } })

  await rollBackTo('0001_touch_triggers')
  expect(await readAll(tables, newColumns)).toEqual(before)

  await migrate(database)
  const after = await readAll(tables, newColumns)
  expect(withoutColumns(after, newColumns)).toEqual(before)
  for (const user of after['users'] ?? [])
    expect(user).toMatchObject({ failed_log_ins: 0, locked_until: null })
  for (const identity of after['identities'] ?? [])
    expect(identity).toMatchObject({ profile_issued_at: null })
})

describe('the numbers and words of changes', () => {
  const allTables = [...tables, ...tablesOfAccounts]

  it('come and go, and every other value stays', async () => {
    const before = withoutColumns(await readAll(allTables, columnsOfChanges), columnsOfChanges)
    expect(before).toMatchObject({ tasks: { length: 100 }, mail_tokens: { length: 13 } })

    await rollBackTo('0002_accounts')
    expect(await readAll(allTables, columnsOfChanges)).toEqual(before)

    await migrate(database)
    const after = await readAll(allTables, columnsOfChanges)
    expect(withoutColumns(after, columnsOfChanges)).toEqual(before)
  })

  it('count the tasks of each owner from 1 in the order of their last change', async () => {
    const idle = await insertUser(database.db)
    await rollBackTo('0002_accounts')
    await migrate(database)
    const numbered = await queryRows<{ owner: string; tasks: number }>(
      database,
      `select user_id as owner, count(*)::int as tasks, count(distinct seq)::int as numbers,
          min(seq)::int as first, max(seq)::int as last, bool_and(is_later) as "isInOrder"
        from (select *, updated_at >= lag(updated_at, 1, '-infinity')
          over (partition by user_id order by seq) as is_later from tasks) placed
        group by user_id order by user_id`,
    )
    expect(numbered).toHaveLength(13)
    for (const { tasks, ...ofOwner } of numbered)
      expect(ofOwner).toMatchObject({ numbers: tasks, first: 1, last: tasks, isInOrder: true })

    const feeds = await queryRows<{ owner: string }>(
      database,
      `select user_id as owner, seq::int, forgotten_seq::int as forgotten from task_feeds order by user_id`,
    )
    expect(feeds).toEqual(numbered.map(({ owner, tasks }) => ({ owner, seq: tasks, forgotten: 0 })))
    expect(feeds.map(({ owner }) => owner)).not.toContain(idle)
    expect(await queryRows(database, 'select from task_tombstones')).toEqual([])
  })

  it('rise with the last change of a task, in whatever order they were created', async () => {
    const userId = await insertUser(database.db)
    for (const [title, year, description] of [
      ['Newest', 2003, 'Not the first'],
      ['Oldest', 2001, null],
      ['Middle', 2002, ''],
    ] as const) {
      const updatedAt = new Date(`${year}-01-01T00:00:00Z`)
      await insertTask(database.db, { userId, title, description, updatedAt, version: year })
    }
    await rollBackTo('0002_accounts')
    await migrate(database)
    const migrated = `select seq::int, title, version, words::text from tasks
      where user_id = '${userId}' order by seq`
    expect(await queryRows(database, migrated)).toEqual([
      { seq: 1, title: 'Oldest', version: 2001, words: `'oldest':1A` },
      { seq: 2, title: 'Middle', version: 2002, words: `'middle':1A` },
      { seq: 3, title: 'Newest', version: 2003, words: `'first':4B 'newest':1A 'not':2B 'the':3B` },
    ])
  })

  it('are for each task the words that a writer would have given it', async () => {
    await queryRows(database, 'create table written as table tasks')
    await queryRows(database, 'delete from tasks')
    await queryRows(database, 'insert into tasks select * from written')
    const words = 'select user_id, id, title, words::text from tasks order by user_id, id'
    const before = await queryRows<{ words: string }>(database, words)
    expect(before).toHaveLength(100)
    expect(before.filter((task) => task.words === '')).toEqual([])
    await rollBackTo('0002_accounts')
    await migrate(database)
    expect(await queryRows(database, words)).toEqual(before)
  })

  it('go on from where the migration left them', async () => {
    const [userId, id] = [await insertUser(database.db), randomUUID()]
    await insertTask(database.db, { userId })
    await insertTask(database.db, { userId, id })
    await rollBackTo('0002_accounts')
    await queryRows(
      database,
      `update tasks set title = 'Buy bread' where user_id = '${userId}' and id = '${id}'`,
    )
    await migrate(database)
    const numbers = () =>
      queryRows<{ seq: number; title: string; version: number }>(
        database,
        `select seq::int, title, version from tasks where user_id = '${userId}' order by seq`,
      )
    const [milk, bread] = [
      { seq: 1, title: 'Buy milk', version: 1 },
      { seq: 2, title: 'Buy bread', version: 2 },
    ]
    expect(await numbers()).toEqual([milk, bread])
    await queryRows(
      database,
      `update tasks set title = 'Buy jam' where user_id = '${userId}' and id = '${id}'`,
    )
    await insertTask(database.db, { userId, title: 'Eat' })
    expect(await numbers()).toEqual([
      milk,
      { seq: 3, title: 'Buy jam', version: 3 },
      { seq: 4, title: 'Eat', version: 1 },
    ])
  })
})
