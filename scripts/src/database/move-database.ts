import { connect, copyDatabase, type Database, migrate } from '@tasklane/db'
import type { Env } from '@tasklane/server/env'
import { CommandError } from '../problems.ts'
import { requireEmbedded } from './embedded.ts'

/** How many rows of each table were copied. */
export type MovedRows = Awaited<ReturnType<typeof copyDatabase>>

/**
 * Copies the embedded database into the PostgreSQL of the settings, whole or not at all. Both are
 * migrated first; the embedded one is otherwise left as it is.
 *
 * @throws CommandError when one of the two is missing.
 */
export async function moveDatabase({
  database: target,
  dataDir,
}: Pick<Env, 'database' | 'dataDir'>): Promise<MovedRows> {
  if (target.url === undefined) {
    throw new CommandError(
      'Set DATABASE_URL to the PostgreSQL to move to, such as postgres://user:password@host:5432/database',
    )
  }
  requireEmbedded(dataDir)
  const from = await connect({ dataDir })
  try {
    const to = await connect(target)
    return await copyMigrated(from, to).finally(to.close)
  } finally {
    await from.close()
  }
}

async function copyMigrated(from: Database, to: Database): Promise<MovedRows> {
  if (from.kind !== 'embedded' || to.kind !== 'postgres') throw new TypeError('Databases in the wrong order.')
  await migrate(to)
  await migrate(from)
  return await copyDatabase(from, to)
}
