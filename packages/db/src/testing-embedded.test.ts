import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { connect, type EmbeddedDatabase } from './connect.ts'
import { readCatalog } from './fixtures/catalog.ts'
import { insertUser, queryRows } from './fixtures/rows.ts'
import { pendingMigrations } from './migrate.ts'
import { createEmbeddedTestDatabase, writeEmbeddedDatabase } from './testing.ts'

async function written(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tasklane-db-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  await writeEmbeddedDatabase(dataDir)
  return dataDir
}

async function opened(opening: Promise<unknown>): Promise<EmbeddedDatabase> {
  const database = (await opening) as EmbeddedDatabase
  onTestFinished(database.close)
  return database
}

it('two databases for tests, in memory or in a folder, are alike and share no row', async () => {
  const first = await written()
  expect(await readdir(first)).toEqual(['postgres'])
  const used = await opened(connect({ dataDir: first }))
  const catalog = await readCatalog(used)
  await insertUser(used.db)
  await queryRows(used, 'alter table users rename to people')

  for (const opening of [connect({ dataDir: await written() }), createEmbeddedTestDatabase()]) {
    const database = await opened(opening)
    expect(await readCatalog(database)).toEqual(catalog)
    expect(await pendingMigrations(database)).toBe(0)
    expect(await queryRows(database, 'select from users')).toEqual([])
  }
}, 60_000)
