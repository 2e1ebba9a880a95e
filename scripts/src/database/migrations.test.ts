import { readdir } from 'node:fs/promises'
import { connect, pendingMigrations } from '@tasklane/db'
import { writeEmbeddedDatabase, writeUnmigratedDatabase } from '@tasklane/db/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { settingsOf } from '../fixtures/embedded.ts'
import { createFolder } from '../fixtures/folder.ts'
import { CommandError } from '../problems.ts'
import { migrateDatabase, rollBackDatabase } from './migrations.ts'

let folder: Awaited<ReturnType<typeof createFolder>>

beforeEach(async () => {
  folder = await createFolder()
})
afterEach(() => folder.remove())

async function pending(): Promise<number> {
  const database = await connect({ dataDir: folder.path })
  return await pendingMigrations(database).finally(database.close)
}

it('takes nothing back, and makes no database, where there is none', async () => {
  const failure = rollBackDatabase(settingsOf(folder.path))
  await expect(failure).rejects.toThrow(CommandError)
  await expect(failure).rejects.toThrow(`There is no embedded database in ${folder.path}.`)
  expect(await readdir(folder.path)).toEqual([])
})

it('applies what is missing, takes back one step at a time, and says so', async () => {
  const env = settingsOf(folder.path)
  await writeUnmigratedDatabase(folder.path)
  const done = await migrateDatabase(env)
  expect(done).toMatch(/^Applied \d+ migrations?: the embedded database in .* is up to date\.$/)
  expect(await pending()).toBe(0)
  expect(await migrateDatabase(env)).toMatch(/^Nothing to apply: /)

  expect(await rollBackDatabase(env)).toMatch(/^Took back \d{4}_\w+ in the embedded database/)
  expect(await pending()).toBe(1)
  expect(await migrateDatabase(env)).toMatch(/^Applied 1 migration: /)
  expect(await pending()).toBe(0)
}, 60_000)

it('says when there is nothing left to take back', async () => {
  const env = settingsOf(folder.path)
  await writeEmbeddedDatabase(folder.path)
  let last = ''
  for (let step = 0; step < 100 && !last.startsWith('Nothing'); step += 1) last = await rollBackDatabase(env)
  expect(last).toMatch(/^Nothing to take back: /)
}, 60_000)
