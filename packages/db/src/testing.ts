import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import postgres from 'postgres'
import { inject } from 'vitest'
import {
  connectPostgres,
  type Database,
  type DatabaseOptions,
  type EmbeddedDatabase,
  type PostgresDatabase,
  wrapEmbedded,
} from './connect.ts'
import { migrate } from './migrate.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the tests' PostgreSQL is; empty for the embedded one. */
    testDatabaseUrl: string
  }
}

const cacheFolder = fileURLToPath(new URL('../node_modules/.cache/tasklane/', import.meta.url))
const migrationsFolder = fileURLToPath(new URL('../../../drizzle/', import.meta.url))

/**
 * A migrated, empty database of the caller's own, copied from a template that is made once for each
 * state of the migrations. `close` also drops it.
 */
export async function createTestDatabase(
  options: Pick<DatabaseOptions, 'onStatement'> = {},
): Promise<Database> {
  const serverUrl = inject('testDatabaseUrl')
  return serverUrl
    ? await createServerTestDatabase(serverUrl, options)
    : await createEmbeddedTestDatabase(options)
}

/** Creates an empty database without any table on a PostgreSQL server, to be dropped by `drop`. */
export async function createEmptyDatabase(
  serverUrl: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `tasklane_test_${randomBytes(8).toString('hex')}`
  await administer(serverUrl, (server) => server.unsafe(`create database ${name}`))
  return { url: withDatabase(serverUrl, name), drop: () => dropDatabase(serverUrl, name) }
}

/** As `createTestDatabase`, but always embedded. */
export async function createEmbeddedTestDatabase(options: DatabaseOptions = {}): Promise<EmbeddedDatabase> {
  const template = await embeddedTemplate()
  return wrapEmbedded(await PGlite.create({ loadDataDir: new Blob([template]) }), options)
}

async function embeddedTemplate(): Promise<Uint8Array<ArrayBuffer>> {
  const file = `${cacheFolder}template-${await migrationsHash()}.tar`
  const known = await readFile(file).catch(() => undefined)
  if (known) return new Uint8Array(known)
  const database = wrapEmbedded(await PGlite.create())
  await migrate(database)
  const dump = new Uint8Array(await (await database.client.dumpDataDir('none')).arrayBuffer())
  await database.close()
  await mkdir(cacheFolder, { recursive: true })
  const partial = `${file}.${process.pid}`
  await writeFile(partial, dump)
  await rename(partial, file)
  return dump
}

/** As `createTestDatabase`, but always on the PostgreSQL at `serverUrl`. */
export async function createServerTestDatabase(
  serverUrl: string,
  options: DatabaseOptions = {},
): Promise<PostgresDatabase> {
  const template = `tasklane_template_${await migrationsHash()}`
  const name = `tasklane_test_${randomBytes(8).toString('hex')}`
  await administer(serverUrl, async (server) => {
    await server`select pg_advisory_lock(7460114827)`
    const [known] = await server`select 1 from pg_database where datname = ${template}`
    if (!known) await createServerTemplate({ server, serverUrl, template })
    await server.unsafe(`create database ${name} template ${template}`)
  })
  const database = connectPostgres(withDatabase(serverUrl, name), { connectionsMax: 5, ...options })
  const close = () => database.close().then(() => dropDatabase(serverUrl, name))
  return { ...database, close }
}

async function createServerTemplate(of: {
  server: postgres.Sql
  serverUrl: string
  template: string
}): Promise<void> {
  const unfinished = `${of.template}_unfinished`
  await of.server.unsafe(`drop database if exists ${unfinished}`)
  await of.server.unsafe(`create database ${unfinished}`)
  const database = connectPostgres(withDatabase(of.serverUrl, unfinished), { connectionsMax: 1 })
  await migrate(database)
  await database.close()
  await of.server.unsafe(`alter database ${unfinished} rename to ${of.template}`)
}

async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await administer(serverUrl, (server) => server.unsafe(`drop database if exists ${name} with (force)`))
}

async function administer(
  serverUrl: string,
  work: (server: postgres.Sql) => Promise<unknown>,
): Promise<void> {
  const server = postgres(serverUrl, { max: 1, onnotice: () => {} })
  await work(server).finally(() => server.end())
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

async function migrationsHash(): Promise<string> {
  const hash = createHash('sha256')
  const files = (await readdir(migrationsFolder)).filter((file) => file.endsWith('.sql')).sort()
  for (const file of files) hash.update(file).update(await readFile(`${migrationsFolder}${file}`))
  return hash.digest('hex').slice(0, 16)
}
