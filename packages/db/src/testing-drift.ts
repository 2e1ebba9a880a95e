import { readFile } from 'node:fs/promises'
import { type DrizzleSnapshotJSON, generateDrizzleJson, generateMigration } from 'drizzle-kit/api'
import type { Database } from './connect.ts'
import { readCatalog } from './fixtures/catalog.ts'
import { migrationsFolder, readJournal } from './fixtures/journal.ts'
import { queryRows } from './fixtures/rows.ts'
import * as tables from './tables/index.ts'

export { readCatalog }

type Definitions = Record<string, unknown>

/** The statements that the migrations lack to become these table definitions. */
export async function missingStatements(definitions: Definitions = tables): Promise<string[]> {
  return await generateMigration(await lastSnapshot(), generateDrizzleJson(definitions))
}

/**
 * What a migrated database has that the table definitions do not say (`+ …`), and what they say that it lacks
 * (`- …`). It makes the tables anew, without rows.
 */
export async function readDrift(database: Database): Promise<string[]> {
  const migrated = await definedIn(database)
  await queryRows(database, 'drop schema public cascade')
  await queryRows(database, 'create schema public')
  for (const statement of await generateMigration(generateDrizzleJson({}), generateDrizzleJson(tables))) {
    await queryRows(database, statement)
  }
  const defined = await definedIn(database)
  return [
    ...migrated.filter((line) => !defined.includes(line)).map((line) => `+ ${line}`),
    ...defined.filter((line) => !migrated.includes(line)).map((line) => `- ${line}`),
  ]
}

async function lastSnapshot(): Promise<DrizzleSnapshotJSON> {
  const number = (await readJournal()).at(-1)?.tag.split('_')[0]
  return JSON.parse(await readFile(`${migrationsFolder}meta/${number}_snapshot.json`, 'utf8'))
}

/** What definitions can say: neither triggers and their functions, nor the order of columns. */
async function definedIn(source: Database): Promise<string[]> {
  const lines = await readCatalog(source)
  return lines.filter((line) => !/^(order|trigger|function) /.test(line))
}
