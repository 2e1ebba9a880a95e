import { integer, pgTable } from 'drizzle-orm/pg-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Database } from './connect.ts'
import { readCatalog } from './fixtures/catalog.ts'
import { queryRows } from './fixtures/rows.ts'
import * as tables from './tables/index.ts'
import { createTestDatabase } from './testing.ts'
import { missingStatements, readDrift } from './testing-drift.ts'

let database: Database

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(() => database.close())

it('has a migration for every table definition', async () => {
  expect(await missingStatements()).toEqual([])
})

it('notices a definition that has no migration', async () => {
  const unknown = pgTable('unknown', { id: integer('id') })
  expect(await missingStatements({ ...tables, unknown })).toContainEqual(
    expect.stringContaining('CREATE TABLE "unknown"'),
  )
})

it('migrates to exactly what the table definitions say', async () => {
  expect(await readCatalog(database)).toContain('column tasks.title text not null collate C default ')
  expect(await readDrift(database)).toEqual([])
})

it('notices what a database has beside the table definitions, or lacks', async () => {
  await queryRows(database, 'alter table tasks drop constraint tasks_version_positive')
  await queryRows(database, 'alter table tasks add column extra integer')
  expect(await readDrift(database)).toEqual([
    '+ column tasks.extra integer collate  default ',
    expect.stringContaining('tasks_version_positive'),
  ])
})
