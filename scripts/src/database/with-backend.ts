import type { Dependencies } from '@tasklane/api'
import { openBackend } from '@tasklane/server/backend'
import type { Env } from '@tasklane/server/env'
import { createLog } from '@tasklane/server/log'
import { requireDatabase } from './embedded.ts'

/**
 * Works in process on the database of the settings, which must be migrated, and closes it.
 *
 * @throws CommandError when there is no embedded database, FolderInUseError while a server has it open.
 */
export async function withBackend<Result>(
  env: Env,
  work: (dependencies: Dependencies) => Promise<Result>,
): Promise<Result> {
  requireDatabase(env)
  const { database, dependencies } = await openBackend(
    { ...env, migrateOnStart: false },
    createLog({ logLevel: 'silent', isProduction: true }),
  )
  try {
    return await work(dependencies)
  } finally {
    await database.close()
  }
}
