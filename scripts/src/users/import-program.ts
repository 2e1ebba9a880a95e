import { parseArgs } from 'node:util'
import { type ImportedUser, insertImportedUsers } from '@tasklane/api'
import { readEnv } from '@tasklane/server/env'
import { v7 as uuidv7 } from 'uuid'
import { withBackend } from '../database/with-backend.ts'
import { chooseRowFile, openRowFile, rowFileOptions, writeReport } from '../rows/file.ts'
import { createProgress } from '../rows/progress.ts'
import { readRows } from '../rows/read-rows.ts'
import type { Program } from '../run-program.ts'
import type { Terminal } from '../terminal.ts'
import { describeImport } from './import-report.ts'
import { importUsers, type UserImport } from './import-users.ts'
import { userShape } from './user-row.ts'

const usage = `usage: npm run import-users -- <file> [options]

Adds the accounts of an older backend to the database of the settings; to the embedded one only while no
server has it open. Running it again is safe: an email or username that is there already is left alone.

  <file>             JSON lines, or CSV whose first row names the columns; "-" is standard input.
                     Columns: email, username (at least one of the two), name, passwordHash, emailVerified
                     (true or false), createdAt (such as 2026-01-31T12:00:00Z), or the same in snake case
                     (password_hash). Others are ignored, and counted at the end. Empty is absent.
                     passwordHash is argon2id (quoted in CSV: it has commas), or bcrypt ($2a$, $2b$, $2y$),
                     which is replaced by argon2id when its owner logs in. Without one nobody can log in
                     by password.
  --format <format>  jsonl or csv. Default: by the ending of the file's name.
  --dry-run          Only check the file. Nothing is written, and no database is needed.
  --report <file>    Write every row that is not in to this file, as JSON lines.

Exit code 0: every row is in; 1: some are not; 2: called in a wrong way.`

const options = { 'dry-run': { type: 'boolean', default: false }, ...rowFileOptions } as const

export const importUsersProgram: Program = { usage, run }

async function run(args: string[], terminal: Terminal): Promise<boolean> {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const rowFile = await chooseRowFile({ positionals, ...values })
  const isDryRun = values['dry-run']
  const source = await openRowFile(rowFile, terminal)
  const rows = readRows(source, { format: rowFile.format, shape: userShape })

  const progress = createProgress(terminal.stderr)
  const work = (insert: UserImport['insert']) =>
    importUsers({ rows, insert, newId: () => uuidv7(), onProgress: progress.update }).finally(progress.end)
  const result = isDryRun
    ? await work(async (users) => users.map(() => 'added' as const))
    : await withBackend(readEnv(), ({ db }) =>
        work((users: ImportedUser[]) => insertImportedUsers(db, users)),
      )

  terminal.stdout.write(`${describeImport(result, { isDryRun, reportFile: rowFile.report })}\n`)
  await writeReport(rowFile.report, result.missing)
  return result.missing.length === 0
}
