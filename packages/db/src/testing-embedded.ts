import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { connect, type DatabaseOptions, type EmbeddedDatabase, wrapEmbedded } from './connect.ts'
import { migrate } from './migrate.ts'

const cacheFolder = fileURLToPath(new URL('../node_modules/.cache/tasklane/', import.meta.url))
const migrationsFolder = fileURLToPath(new URL('../../../drizzle/', import.meta.url))

/** PostgreSQL fills its buffers with zeros when it starts. With the 128 MB of the default that is most of the start. */
const sharedBuffers = '16MB'

let template: Promise<Blob> | undefined

/** As `createTestDatabase`, but always embedded. */
export async function createEmbeddedTestDatabase(options: DatabaseOptions = {}): Promise<EmbeddedDatabase> {
  template ??= madeOnce('memory', dumpTo).then(async (path) => new Blob([await readFile(path)]))
  return wrapEmbedded(await PGlite.create({ loadDataDir: await template }), options)
}

/**
 * Leaves in `dataDir` what a first start leaves there, in a tenth of the time: an embedded database
 * that is migrated, empty and closed.
 */
export async function writeEmbeddedDatabase(dataDir: string): Promise<void> {
  await cp(await madeOnce('folder', (path) => makeFolder(path, migrate)), dataDir, { recursive: true })
}

/** As `writeEmbeddedDatabase`, but without any table. */
export async function writeUnmigratedDatabase(dataDir: string): Promise<void> {
  await cp(await madeOnce('unmigrated', makeFolder), dataDir, { recursive: true })
}

/** What is kept for each state of the migrations. Where several make it at once, the first is kept. */
async function madeOnce(kind: string, make: (path: string) => Promise<void>): Promise<string> {
  const path = `${cacheFolder}${kind}-${sharedBuffers}-${await migrationsHash()}`
  if (existsSync(path)) return path
  await mkdir(cacheFolder, { recursive: true })
  const unfinished = await mkdtemp(`${cacheFolder}unfinished-`)
  await make(`${unfinished}/made`)
  await rename(`${unfinished}/made`, path).catch((error: unknown) => {
    if (!existsSync(path)) throw error
  })
  await rm(unfinished, { recursive: true })
  return path
}

async function dumpTo(file: string): Promise<void> {
  const database = wrapEmbedded(await PGlite.create())
  await migrate(database)
  await startQuickly(database)
  await dropOtherDatabases(database)
  const dump = await database.client.dumpDataDir('none')
  await database.close()
  await writeFile(file, new Uint8Array(await dump.arrayBuffer()))
}

/** Nobody can connect to them, and they are two thirds of what is loaded for each test file. */
async function dropOtherDatabases({ client }: EmbeddedDatabase): Promise<void> {
  await client.exec('update pg_database set datistemplate = false')
  await client.exec('drop database template0')
  await client.exec('drop database template1')
  await client.exec('checkpoint')
}

async function makeFolder(dataDir: string, fill?: (database: EmbeddedDatabase) => Promise<void>) {
  const database = (await connect({ dataDir })) as EmbeddedDatabase
  await fill?.(database)
  await startQuickly(database)
  await database.close()
}

async function startQuickly({ client }: EmbeddedDatabase): Promise<void> {
  await client.exec(`alter system set shared_buffers = '${sharedBuffers}'`)
}

/** The state of the migrations. */
export async function migrationsHash(): Promise<string> {
  const hash = createHash('sha256')
  const files = (await readdir(migrationsFolder)).filter((file) => file.endsWith('.sql')).sort()
  for (const file of files) hash.update(file).update(await readFile(`${migrationsFolder}${file}`))
  return hash.digest('hex').slice(0, 16)
}
