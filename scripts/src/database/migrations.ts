import { migrate, pendingMigrations, rollback } from '@tasklane/db'
import { openDatabase } from '@tasklane/server/backend'
import type { Env } from '@tasklane/server/env'
import { placeOf, requireDatabase } from './embedded.ts'

type Place = Pick<Env, 'database' | 'dataDir'>

/** Brings the database of the settings to the newest migration and says what was done. */
export async function migrateDatabase(place: Place): Promise<string> {
  const database = await openDatabase(place)
  try {
    const pending = await pendingMigrations(database)
    await migrate(database)
    const done =
      pending === 0 ? 'Nothing to apply' : `Applied ${pending} migration${pending === 1 ? '' : 's'}`
    return `${done}: ${placeOf(place)} is up to date.`
  } finally {
    await database.close()
  }
}

/** Takes back the newest migration of the database of the settings and says which it was. */
export async function rollBackDatabase(place: Place): Promise<string> {
  requireDatabase(place)
  const database = await openDatabase(place)
  try {
    const name = await rollback(database)
    return name === undefined
      ? `Nothing to take back: ${placeOf(place)} has no migration.`
      : `Took back ${name} in ${placeOf(place)}. db:migrate applies it again.`
  } finally {
    await database.close()
  }
}
