import { readFile } from 'node:fs/promises'
import { type DrizzleSnapshotJSON, generateDrizzleJson, generateMigration } from 'drizzle-kit/api'
import { integer, pgTable } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from './connect.ts'
import { readCatalog } from './fixtures/catalog.ts'
import { migrationsFolder, readJournal } from './fixtures/journal.ts'
import { queryRows } from './fixtures/rows.ts'
import * as tables from './tables/index.ts'
import { createTestDatabase } from './testing.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

async function lastSnapshot(): Promise<DrizzleSnapshotJSON> {
  const number = (await readJournal()).at(-1)?.tag.split('_')[0]
  return JSON.parse(await readFile(`${migrationsFolder}meta/${number}_snapshot.json`, 'utf8'))
}

it('has a migration for every table definition', async () => {
  expect(await generateMigration(await lastSnapshot(), generateDrizzleJson(tables))).toEqual([])
})

it('notices a definition that has no migration', async () => {
  const unknown = pgTable('unknown', { id: integer('id') })
  const statements = await generateMigration(
    await lastSnapshot(),
    generateDrizzleJson({ ...tables, unknown }),
  )
  expect(statements).toContainEqual(expect.stringContaining('CREATE TABLE "unknown"'))
})

it('migrates to exactly what the table definitions say', async () => {
  const migrated = await definedIn(database)
  await queryRows(database, 'drop schema public cascade')
  await queryRows(database, 'create schema public')
  for (const statement of await generateMigration(generateDrizzleJson({}), generateDrizzleJson(tables))) {
    await queryRows(database, statement)
  }
  expect(await definedIn(database)).toEqual(migrated)
  expect(migrated).toContain('column tasks.title text not null collate C default ')
})

/** What definitions can say: neither triggers and their functions, nor the order of columns. */
async function definedIn(source: Database): Promise<string[]> {
  const lines = await readCatalog(source)
  return lines.filter((line) => !/^(order|trigger|function) /.test(line))
}
