import { fstatSync, type Stats } from 'node:fs'
import { open, stat, writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { type BaseOptions, type Connection, connect } from '../connection/connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { importRows, type Tally } from '../import/import-rows.ts'
import { chooseFormat, type Format, formats, readRows } from '../import/read-rows.ts'
import { PartlyDoneError, RefusedError, UsageError } from '../problems.ts'
import type { Setting } from '../setting.ts'
import { createProgress } from '../terminal/progress.ts'
import { addCommand } from './add-command.ts'

interface Options extends BaseOptions {
  format?: Format
  report?: string
}

const shownMax = 50

export function addImport(program: Command, setting: Setting): void {
  addCommand(program, 'import <file>', 'create the tasks of a file; "-" is standard input')
    .addOption(new Option('--format <format>', 'default: by the ending of the name').choices(formats))
    .option('--report <file>', 'write each row that is not in to this file, as JSON lines')
    .addHelpText(
      'after',
      `
Columns: title, description, priority, dueDate (2026-12-24), tags, completed, and id. Others are ignored, and counted.
A CSV names them in its first row, and has tags in one cell, separated by "," or ";". A row has an id of its own or
one that is made from its content, so that a second import of a file adds nothing twice.`,
    )
    .action(async (file: string, options: Options) => {
      const format = chooseFormat(file, options.format)
      await connect(setting, options, (connection) => run(connection, setting, { file, format, ...options }))
    })
}

interface Given {
  file: string
  format: Format
  report?: string
}

async function run(connection: Connection, setting: Setting, { file, format, report }: Given): Promise<void> {
  const { client, printer } = connection
  const progress = createProgress(setting.terminal.stderr, setting.now)
  const source = await openSource(file, report, setting)
  const { tally, stop } = await importRows({
    ...{ client, setting },
    rows: readRows(source.bytes, format),
    onProgress: (rows) => progress.update(`${rows} rows`, source.share()),
  }).finally(progress.end)
  const lines = tally.missing.map((row) => `${JSON.stringify(row)}\n`).join('')
  if (report !== undefined) await writeReport(report, lines)
  if (printer.isJson) printer.value(tally)
  else describe(tally, { connection, format, report })
  if (stop !== undefined) {
    printer.note('It stopped there. Run the same again: what is in is not added twice.')
    throw stop
  }
  if (tally.missing.length > 0) throw new PartlyDoneError(exitCodes.refused)
}

async function writeReport(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 }).catch((error: Error) => {
    throw new RefusedError(`The report cannot be written: ${error.message}`)
  })
}

/** Empties the report of another import. That may not be the source, by another name perhaps or a link. */
async function beginReport(file: string, source: Stats | undefined): Promise<void> {
  const found = await stat(file).catch(() => undefined)
  if (found && source?.isFile() && found.ino === source.ino && found.dev === source.dev)
    throw new UsageError('--report names the file that is imported. Give the report another name.')
  await writeReport(file, '')
}

/** Where the rows come from, and which part of it was read. */
async function openSource(file: string, report: string | undefined, { terminal }: Setting) {
  if (file === '-') {
    const { stdin } = terminal
    const found = stdin.fd === undefined ? undefined : fstatSync(stdin.fd)
    if (report !== undefined) await beginReport(report, found)
    return { bytes: stdin, share: () => undefined }
  }
  const refuse = (why: string) => new RefusedError(`The file cannot be read: ${why}`)
  const handle = await open(file).catch((error: Error) => Promise.reject(refuse(error.message)))
  try {
    const found = await handle.stat()
    if (found.isDirectory()) throw refuse(`${file} is a folder`)
    if (report !== undefined) await beginReport(report, found)
    const stream = handle.createReadStream()
    return { bytes: stream, share: () => (found.size === 0 ? undefined : stream.bytesRead / found.size) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

interface Told {
  connection: Connection
  format: Format
  report: string | undefined
}

function describe(tally: Tally, { connection: { printer }, format, report }: Told): void {
  const { read, changed, missing, ignored } = tally
  printer.line(`${tally.in} of ${read} rows are in.`)
  if (changed > 0) printer.line(`${changed} came before and were edited or trashed since: left alone.`)
  const columns = Object.entries(ignored).map(([name, rows]) => `${name} (${rows})`)
  if (columns.length > 0) printer.note(`Ignored columns: ${columns.join(', ')}`)
  const place = format === 'json' ? 'value' : 'line'
  for (const { line, kind, reason } of missing.slice(0, shownMax))
    printer.note({ text: `${place} ${line}: ${kind === 'unsent' ? 'unsent: ' : ''}${reason}`, style: 'red' })
  const more = missing.length - shownMax
  if (more > 0)
    printer.note(
      `and ${more} more. ${report === undefined ? '--report <file> writes all' : `All: ${report}`}`,
    )
}
