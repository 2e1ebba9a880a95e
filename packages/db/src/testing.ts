import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'
import { connectPostgres, type Database, type DatabaseOptions, type PostgresDatabase } from './connect.ts'
import { migrate } from './migrate.ts'
import { createEmbeddedTestDatabase, migrationsHash } from './testing-embedded.ts'

export {
  createEmbeddedTestDatabase,
  writeEmbeddedDatabase,
  writeUnmigratedDatabase,
} from './testing-embedded.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the tests' PostgreSQL is; empty for the embedded one. */
    testDatabaseUrl: string
  }
}

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
