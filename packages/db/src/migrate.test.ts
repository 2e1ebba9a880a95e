import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { connect, type Database } from './connect.ts'
import { readCatalog } from './fixtures/catalog.ts'
import { migrationsFolder, readJournal } from './fixtures/journal.ts'
import { requirePostgres } from './fixtures/postgres.ts'
import { queryRows } from './fixtures/rows.ts'
import { startProgram } from './fixtures/start-program.ts'
import { migrate, migrateUpTo, pendingMigrations, rollback } from './migrate.ts'
import { createEmptyDatabase, createTestDatabase } from './testing.ts'

const migrations = await readJournal()
const hashes = migrations.map(({ hash }) => hash)

async function recorded(database: Database): Promise<string[]> {
  const rows = await queryRows<{ hash: string }>(
    database,
    'select hash from drizzle.__drizzle_migrations order by id',
  )
  return rows.map(({ hash }) => hash)
}

let database: Database

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(() => database.close())

describe('the migrations', () => {
  it('can each be taken back', () => {
    const missing = migrations.filter(({ tag }) => !existsSync(`${migrationsFolder}${tag}.down.sql`))
    expect(missing).toEqual([])
  })

  it('are journalled in rising order, so that none is passed over', () => {
    const moments = migrations.map(({ folderMillis }) => folderMillis)
    expect(moments).toEqual([...new Set(moments)].sort((a, b) => a - b))
  })
})

describe('a database without tables', () => {
  beforeEach(async () => {
    await queryRows(database, 'drop schema drizzle, public cascade')
    await queryRows(database, 'create schema public')
  })

  it('lacks every migration and has none to take back', async () => {
    expect(await pendingMigrations(database)).toBe(migrations.length)
    expect(await rollback(database)).toBeUndefined()
  })

  it('is migrated once by many calls at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => migrate(database)))
    expect(await recorded(database)).toEqual(hashes)
    expect(await pendingMigrations(database)).toBe(0)
  })

  it('is migrated once by ten processes at once', async (context) => {
    const server = await createEmptyDatabase(await requirePostgres(context))
    onTestFinished(server.drop)
    const programs = Array.from({ length: 10 }, () => startProgram('migrate-when-told', [server.url]))
    await Promise.all(programs.map((program) => program.nextLine()))
    for (const program of programs) program.say('migrate')
    expect(await Promise.all(programs.map((program) => program.finish()))).toEqual(programs.map(() => 0))

    const migrated = await connect({ url: server.url, connectionsMax: 1 })
    expect(await recorded(migrated)).toEqual(hashes)
    await migrated.close()
  })
})

describe('a migrated database', () => {
  it('is left as it is by another migrate', async () => {
    const before = await readCatalog(database)
    await migrate(database)
    expect(await readCatalog(database)).toEqual(before)
    expect(await recorded(database)).toEqual(hashes)
  })

  it('is what every rollback and every migration leaves, step by step', async () => {
    while ((await rollback(database)) !== undefined);
    const steps = [await readCatalog(database)]
    expect(steps[0]?.filter((line) => !line.startsWith('extension '))).toEqual([])
    for (const { folderMillis } of migrations) {
      await migrateUpTo(database, folderMillis)
      steps.push(await readCatalog(database))
    }
    expect(new Set(steps.map(String)).size).toBe(migrations.length + 1)

    for (const [index, { tag }] of [...migrations.entries()].reverse()) {
      expect(await rollback(database)).toBe(tag)
      expect(await readCatalog(database)).toEqual(steps[index])
      expect(await pendingMigrations(database)).toBe(migrations.length - index)
    }
    await migrate(database)
    expect(await readCatalog(database)).toEqual(steps.at(-1))
  })

  it('gets nothing of a run in which one migration fails', async () => {
    while ((await rollback(database)) !== undefined);
    await queryRows(database, 'create function touch_version() returns int language sql as $$ select 1 $$')
    const before = await readCatalog(database)
    await expect(migrate(database)).rejects.toThrow('touch_version')
    expect(await readCatalog(database)).toEqual(before)
    expect(await recorded(database)).toEqual([])

    await queryRows(database, 'drop function touch_version()')
    await migrate(database)
    expect(await recorded(database)).toEqual(hashes)
  })

  it('is not rolled back by a release that is older than it', async () => {
    const before = await readCatalog(database)
    await queryRows(
      database,
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9999999999999)`,
    )
    await expect(rollback(database)).rejects.toThrow(
      'The database is ahead of this release: its newest migration is not known here.',
    )
    expect(await pendingMigrations(database)).toBe(0)
    await migrate(database)
    expect(await readCatalog(database)).toEqual(before)
    expect(await recorded(database)).toEqual([...hashes, 'newer'])
  })
})
