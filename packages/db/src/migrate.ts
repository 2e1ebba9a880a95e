import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import type { Database, Db } from './connect.ts'

const migrationsFolder = fileURLToPath(new URL('../../../drizzle/', import.meta.url))

/** Any number that only our migrations use. */
const advisoryLockKey = 7_460_114_826

let knownFiles: MigrationMeta[] | undefined

/** Read from the disk once: a process has the migrations it was built with. */
function migrationFiles(): MigrationMeta[] {
  knownFiles ??= readMigrationFiles({ migrationsFolder })
  return knownFiles
}

interface JournalEntry {
  when: number
  tag: string
}

/**
 * Brings the database to the newest migration, in one transaction. Safe to call from many
 * processes at once: the first applies, the others wait and find nothing to do. Keeps its record
 * as drizzle's own migrator does, which neither waits for others nor rolls back.
 */
export async function migrate(database: Database): Promise<void> {
  await migrateUpTo(database, Number.POSITIVE_INFINITY)
}

/** As `migrate`, but leaves out what is newer than the migration that was made at `folderMillis`. */
export async function migrateUpTo({ db }: Database, folderMillis: number): Promise<void> {
  await alone(db, async (tx) => {
    await tx.execute(sql`create schema if not exists drizzle`)
    await tx.execute(
      sql`create table if not exists drizzle.__drizzle_migrations
        (id serial primary key, hash text not null, created_at bigint)`,
    )
    for (const migration of await pending(tx)) {
      if (migration.folderMillis <= folderMillis) await apply(tx, migration)
    }
  })
}

/** How many migrations the database lacks. */
export async function pendingMigrations({ db }: Database): Promise<number> {
  return (await pending(db)).length
}

/** Takes back the newest migration by its `*.down.sql`. Gives its name, or `undefined` when none is left. */
export async function rollback({ db }: Database): Promise<string | undefined> {
  return await alone(db, async (tx) => {
    const last = await lastApplied(tx)
    if (last === 0) return undefined
    const { entries } = JSON.parse(await readFile(`${migrationsFolder}meta/_journal.json`, 'utf8')) as {
      entries: JournalEntry[]
    }
    const entry = entries.find(({ when }) => when === last)
    if (!entry)
      throw new Error('The database is ahead of this release: its newest migration is not known here.')
    const down = await readFile(`${migrationsFolder}${entry.tag}.down.sql`, 'utf8')
    for (const statement of down.split('--> statement-breakpoint')) await tx.execute(sql.raw(statement))
    await tx.execute(sql`delete from drizzle.__drizzle_migrations where created_at = ${last}`)
    return entry.tag
  })
}

/** Runs while no other process migrates. Reads committed rows, so it sees what the one before it did. */
async function alone<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  return await db.transaction(
    async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLockKey})`)
      return await work(tx)
    },
    { isolationLevel: 'read committed' },
  )
}

async function apply(tx: Db, migration: MigrationMeta): Promise<void> {
  for (const statement of migration.sql) await tx.execute(sql.raw(statement))
  await tx.execute(
    sql`insert into drizzle.__drizzle_migrations (hash, created_at)
      values (${migration.hash}, ${migration.folderMillis})`,
  )
}

async function pending(db: Db): Promise<MigrationMeta[]> {
  const last = await lastApplied(db)
  return migrationFiles().filter(({ folderMillis }) => folderMillis > last)
}

async function lastApplied(db: Db): Promise<number> {
  const exists = await firstRow(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as value`,
  )
  if (!exists) return 0
  return Number(await firstRow(db, sql`select max(created_at) as value from drizzle.__drizzle_migrations`))
}

async function firstRow(db: Db, query: ReturnType<typeof sql>): Promise<unknown> {
  const result = (await db.execute(query)) as { value: unknown }[] | { rows: { value: unknown }[] }
  return (Array.isArray(result) ? result : result.rows)[0]?.value
}
