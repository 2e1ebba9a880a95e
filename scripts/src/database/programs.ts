import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readEnv } from '@tasklane/server/env'
import { UsageError } from '../problems.ts'
import type { Program } from '../run-program.ts'
import { tableOf } from '../table.ts'
import { placeOf } from './embedded.ts'
import { migrateDatabase, rollBackDatabase } from './migrations.ts'
import { moveDatabase } from './move-database.ts'

export const migrateProgram: Program = {
  usage: `usage: npm run db:migrate

Brings the database of the settings to the newest migration. Safe while others do the same.`,
  async run(args, { stdout }) {
    parseArgs({ args, options: {} })
    stdout.write(`${await migrateDatabase(readEnv())}\n`)
    return true
  },
}

export const rollbackProgram: Program = {
  usage: `usage: npm run db:rollback -- --yes

Takes back the newest migration of the database of the settings, one step.

  --yes  Needed: what only that migration has a place for is lost.`,
  async run(args, { stdout }) {
    const { values } = parseArgs({ args, options: { yes: { type: 'boolean', default: false } } })
    const env = readEnv()
    if (!values.yes) {
      throw new UsageError(
        `This takes back the newest migration of ${placeOf(env)} and loses what only it has a place for. ` +
          'To do it, add --yes.',
      )
    }
    stdout.write(`${await rollBackDatabase(env)}\n`)
    return true
  },
}

export const moveProgram: Program = {
  usage: `usage: DATABASE_URL=postgres://user:password@host:5432/database npm run db:move

Copies the embedded database under DATA_DIR (default .data) into the empty PostgreSQL at DATABASE_URL:
everything or nothing. Stop the server first. The embedded database stays where it is.`,
  async run(args, { stdout }) {
    parseArgs({ args, options: {} })
    const env = readEnv()
    const moved = await moveDatabase(env)
    const table = tableOf(['table', 'rows'], Object.entries(moved))
    stdout.write(`Copied to ${placeOf(env)}:\n${table}\n\n${secretNotice(env.dataDir)}\n`)
    return true
  },
}

/** Tokens are signed by a secret that is not in the database. */
function secretNotice(dataDir: string): string {
  const file = resolve(dataDir, 'secret')
  return existsSync(file)
    ? `Now start the server with this DATABASE_URL, and with JWT_SECRET set to what is in\n${file}: under another secret everyone is signed out.`
    : 'Now start the server with this DATABASE_URL and the JWT_SECRET it had: under another secret everyone is signed out.'
}
