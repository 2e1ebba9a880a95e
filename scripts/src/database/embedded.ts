import { resolve } from 'node:path'
import { hasEmbeddedDatabase } from '@tasklane/db'
import type { Env } from '@tasklane/server/env'
import { CommandError } from '../problems.ts'

/** Where the data is, in words. */
export function placeOf({ database, dataDir }: Pick<Env, 'database' | 'dataDir'>): string {
  if (database.url === undefined) return `the embedded database in ${resolve(dataDir)}`
  const { host, pathname } = new URL(database.url)
  return `PostgreSQL at ${host}${pathname}`
}

/** @throws CommandError when there is no embedded database yet: opening it would make an empty one. */
export function requireEmbedded(dataDir: string): void {
  if (hasEmbeddedDatabase(dataDir)) return
  throw new CommandError(
    `There is no embedded database in ${resolve(dataDir)}. Run this where the server was started, or set DATA_DIR.`,
  )
}

/** The same, where the settings name the embedded database at all. */
export function requireDatabase({ database, dataDir }: Pick<Env, 'database' | 'dataDir'>): void {
  if (database.url === undefined) requireEmbedded(dataDir)
}
