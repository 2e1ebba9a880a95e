import { existsSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { drizzle as drizzleEmbedded } from 'drizzle-orm/pglite'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { lockFolder } from './lock.ts'

/** What every query is written against: the database itself or an open transaction on it. */
export type Db = PgDatabase<PgQueryResultHKT>

export interface DatabaseOptions {
  /** `postgres://…` of any PostgreSQL 15+. Without it the embedded PostgreSQL is opened. */
  url?: string | undefined
  /** Folder of the embedded PostgreSQL. Without it, the embedded database lives in memory. */
  dataDir?: string | undefined
  /** Connections in the pool. Default 10. Only with `url`. */
  connectionsMax?: number | undefined
  /** Prepare statements on the server. Default true. Turn off behind a pooler in transaction mode. */
  prepare?: boolean | undefined
  /** Seconds to wait for a connection. Default 10. */
  connectTimeoutSeconds?: number | undefined
  /** Called with the text of every statement, for tests and tracing. */
  onStatement?: ((statement: string) => void) | undefined
}

interface OpenDatabase {
  db: Db
  /** Resolves when the database answers; rejects with the driver's error otherwise. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface EmbeddedDatabase extends OpenDatabase {
  kind: 'embedded'
  client: PGlite
}

export interface PostgresDatabase extends OpenDatabase {
  kind: 'postgres'
  client: postgres.Sql
}

/** An open database. Whoever opened it closes it. */
export type Database = EmbeddedDatabase | PostgresDatabase

/**
 * Opens the PostgreSQL at `url`, or the embedded one when there is no `url`. The first needs no
 * server to answer yet (see `ping`).
 *
 * @throws FolderInUseError when another process has the embedded database's folder open.
 */
export function connect(options: DatabaseOptions): Promise<Database> {
  return options.url ? Promise.resolve(connectPostgres(options.url, options)) : connectEmbedded(options)
}

const retryPauseSeconds = 0.05

/** Opens the PostgreSQL at `url`. It need not answer yet. */
export function connectPostgres(url: string, options: DatabaseOptions): PostgresDatabase {
  const client = postgres(withoutForeignParameters(url), {
    max: options.connectionsMax ?? 10,
    prepare: options.prepare ?? true,
    connect_timeout: options.connectTimeoutSeconds ?? 10,
    idle_timeout: 300,
    // By default a query waits up to 20 seconds to try again, and the caller with it.
    backoff: () => retryPauseSeconds,
    connection: { application_name: 'tasklane', DateStyle: 'ISO' },
    onnotice: () => {},
  })
  const db = drizzlePostgres({ client, logger: statementLogger(options) })
  return {
    kind: 'postgres',
    client,
    db,
    ping: async () => void (await client`select 1`),
    close: () => client.end({ timeout: 5 }),
  }
}

/** Hosters put settings of other drivers into their URLs. The server would refuse them. */
function withoutForeignParameters(url: string): string {
  const cleaned = new URL(url)
  for (const name of ['channel_binding', 'pgbouncer', 'schema']) cleaned.searchParams.delete(name)
  return cleaned.href
}

/** Opens an embedded PostgreSQL that is already running in this process, for the tests' templates. */
export function wrapEmbedded(client: PGlite, options: DatabaseOptions = {}): EmbeddedDatabase {
  const db = drizzleEmbedded({ client, logger: statementLogger(options) })
  return {
    kind: 'embedded',
    client,
    db,
    ping: async () => void (await client.query('select 1')),
    close: async () => void (client.closed || (await client.close())),
  }
}

async function connectEmbedded(options: DatabaseOptions): Promise<EmbeddedDatabase> {
  const { dataDir } = options
  if (dataDir === undefined) return wrapEmbedded(await PGlite.create(), options)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const lock = await lockFolder(dataDir)
  try {
    const folder = join(dataDir, 'postgres')
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o700)
    const database = wrapEmbedded(await PGlite.create(folder), options)
    const close = () => database.close().finally(() => lock.release())
    return { ...database, close }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** Whether there is an embedded database in this folder. Opening it would otherwise make one. */
export function hasEmbeddedDatabase(dataDir: string): boolean {
  return existsSync(join(dataDir, 'postgres', 'PG_VERSION'))
}

function statementLogger({ onStatement }: DatabaseOptions) {
  return onStatement ? { logQuery: (statement: string) => onStatement(statement) } : false
}
