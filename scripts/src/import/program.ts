import { parseArgs } from 'node:util'
import { readPassword } from '../env.ts'
import { UsageError } from '../problems.ts'
import { chooseRowFile, openRowFile, rowFileOptions, writeReport } from '../rows/file.ts'
import { createProgress } from '../rows/progress.ts'
import { readRows } from '../rows/read-rows.ts'
import type { Program } from '../run-program.ts'
import { ask, type Terminal } from '../terminal.ts'
import { checkTasks, type ImportResult, importTasks } from './import-tasks.ts'
import { checkReportOf, reportOf } from './report.ts'
import type { Account } from './sign-in.ts'
import { taskShape } from './task-row.ts'

const usage = `usage: npm run import-tasks -- <file> --user <username or email> [options]

Adds the tasks of a file to an account. Values arrive as they are written. Running it again adds
nothing twice: a row with the content of one that an earlier import brought is taken for that one.

  <file>             JSON lines, or CSV whose first row names the columns; "-" is standard input.
                     Columns: title, description, completed (true or false), priority (low, medium,
                     high or urgent), dueDate or due_date (YYYY-MM-DD), tags (in CSV one cell, separated
                     by "," or ";"). Others are ignored, and counted at the end.
  --user <name>      Username or email. Asked for on a terminal when it is not given. The password is
                     in TASKLANE_PASSWORD, or else asked for.
  --sign-up          Make the account if there is none; --user is its email.
  --url <url>        The server. Default http://127.0.0.1:3000
  --format <format>  jsonl or csv. Default: by the ending of the file's name.
  --dry-run          Only check the file. Nothing is sent.
  --report <file>    Write every row that is not in to this file, as JSON lines.

Exit code 0: every row is in; 1: some are not; 2: called in a wrong way.`

const options = {
  url: { type: 'string', default: 'http://127.0.0.1:3000' },
  user: { type: 'string' },
  'sign-up': { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  ...rowFileOptions,
} as const

export const importTasksProgram: Program = { usage, run }

async function run(args: string[], terminal: Terminal): Promise<boolean> {
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const rowFile = await chooseRowFile({ positionals, ...values })
  const { file, format, report: reportFile } = rowFile
  if (!isServer(values.url)) throw new UsageError('--url must be like http://127.0.0.1:3000')
  const source = await openRowFile(rowFile, terminal)

  const isDryRun = values['dry-run']
  const account = isDryRun ? undefined : await askForAccount({ ...values, file, terminal })
  const progress = createProgress(terminal.stderr)
  const work = { rows: readRows(source, { format, shape: taskShape }), onProgress: progress.update }
  const result: ImportResult = account
    ? await importTasks({ ...work, account, server: { url: values.url } }).finally(progress.end)
    : await checkTasks(work).finally(progress.end)

  const print = isDryRun ? checkReportOf : reportOf
  terminal.stdout.write(`${print(result, { reportFile })}\n`)
  await writeReport(reportFile, result.missing)
  return result.missing.length === 0 && result.stop === undefined
}

/** What a client can be made for. */
function isServer(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, username, password, search, hash } = new URL(url)
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash
}

interface Asked {
  user?: string | undefined
  'sign-up': boolean
  file: string
  terminal: Terminal
}

async function askForAccount({ user, 'sign-up': signUp, file, terminal }: Asked): Promise<Account> {
  const canAsk = terminal.stdin.isTTY === true && file !== '-'
  if (user === undefined && !canAsk) throw new UsageError('Give --user.')
  const name = user ?? (await ask(terminal, { text: 'Username or email: ' }))
  if (signUp && !name.includes('@')) throw new UsageError('--sign-up needs an email as --user.')
  const password = readPassword()
  if (password === undefined && !canAsk) throw new UsageError('Put the password into TASKLANE_PASSWORD.')
  return {
    user: name,
    password: password ?? (await ask(terminal, { text: `Password of ${name}: `, isSecret: true })),
    signUp,
  }
}
