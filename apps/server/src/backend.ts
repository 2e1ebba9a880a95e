import {
  createDependencies,
  type Dependencies,
  type Logger,
  loadRevocations,
  type Settings,
} from '@tasklane/api'
import { connect, type Database, describeError, migrate, pendingMigrations } from '@tasklane/db'
import type { Env } from './env.ts'
import { readKeysFile, warnOfReaders } from './keys-file.ts'
import { createMailer, type OpenMailer } from './mail.ts'
import { keptSecret } from './secret.ts'

/** The database and what the procedures need, without any door. */
export interface Backend {
  database: Database
  dependencies: Dependencies
  /** Absent when this server sends no mail. */
  mailer: OpenMailer | undefined
  /** The key set that signs access tokens. Absent when a secret does. */
  jwtKeySet: Settings['jwtKeySet']
}

/** Thrown when the database is there but not as this release needs it. */
export class DatabaseNotMigratedError extends Error {
  override name = 'DatabaseNotMigratedError'
  constructor(pending: number) {
    super(
      `The database lacks ${pending} migration${pending === 1 ? '' : 's'}. ` +
        'Run "npm run db:migrate" first, or set MIGRATE_ON_START=true.',
    )
  }
}

/**
 * Opens the database the settings name, migrates it where they say so, and builds the dependencies.
 *
 * @throws DatabaseNotMigratedError, or the driver's error when the database does not answer.
 */
export async function openBackend(env: Env, log: Logger): Promise<Backend> {
  const database = await openDatabase(env)
  try {
    if (env.migrateOnStart) await migrate(database)
    const pending = await pendingMigrations(database)
    if (pending > 0) throw new DatabaseNotMigratedError(pending)
    const jwtSecret = env.jwtSecret ?? (await keptSecret(env.dataDir))
    const jwtKeySet = await readKeySet(env, log)
    const mailer = createMailer(env)
    const settings = { ...env, jwtSecret, jwtKeySet }
    const dependencies = createDependencies({ db: database.db, log, settings, mailer })
    await loadRevocations(dependencies)
    return { database, dependencies, mailer, jwtKeySet }
  } catch (error) {
    await database.close()
    throw error
  }
}

async function readKeySet(
  { jwtAlgorithm: algorithm, jwtKeysFile: file }: Env,
  log: Logger,
): Promise<Settings['jwtKeySet']> {
  if (algorithm === 'HS256' || file === undefined) return undefined
  const keys = await readKeysFile({ file, algorithm })
  await warnOfReaders(file, log)
  return { algorithm, keys }
}

/** Whether the database answers and is migrated. Why not goes to the log. */
export async function isDatabaseReady(database: Database, log: Logger): Promise<boolean> {
  try {
    return (await pendingMigrations(database)) === 0
  } catch (error) {
    log.warn({ error: describeError(error) }, 'not ready')
    return false
  }
}

/** Opens the database the settings name, whatever state it is in. */
export async function openDatabase({
  database,
  dataDir,
}: Pick<Env, 'database' | 'dataDir'>): Promise<Database> {
  return await connect({ ...database, dataDir })
}
