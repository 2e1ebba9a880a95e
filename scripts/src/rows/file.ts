import { open, realpath, writeFile } from 'node:fs/promises'
import { CommandError, UsageError } from '../problems.ts'
import type { Terminal } from '../terminal.ts'
import { type Format, formatOf, formats } from './read-rows.ts'
import { type MissingRow, missingAsJsonLines } from './report.ts'

/** How a program was told what to read. */
interface Given {
  positionals: string[]
  format?: string | undefined
  report?: string | undefined
}

/** A file of rows, or "-" for standard input, and where to write which rows are not in. */
export interface RowFile {
  file: string
  format: Format
  report: string | undefined
}

export const rowFileOptions = { format: { type: 'string' }, report: { type: 'string' } } as const

/** @throws UsageError unless there is one file, of a format that is known, to be left as it is. */
export async function chooseRowFile({ positionals, format, report }: Given): Promise<RowFile> {
  const [file, ...others] = positionals
  if (file === undefined || others.length > 0)
    throw new UsageError('Give one file, or "-" for standard input.')
  const chosen = { file, format: chosenFormat(format, file), report }
  if (report !== undefined && (await isSameFile(file, report))) {
    throw new UsageError('--report must be another file than the one to read.')
  }
  return chosen
}

/** @throws CommandError when the file cannot be read, or the report not be written. */
export async function openRowFile(
  { file, report }: RowFile,
  { stdin }: Pick<Terminal, 'stdin'>,
): Promise<AsyncIterable<Uint8Array>> {
  const source = file === '-' ? stdin : await openFile(file)
  await writeReport(report, [])
  return source
}

/** Writes every row that is not in, where a report was asked for. */
export async function writeReport(file: string | undefined, missing: MissingRow[]): Promise<void> {
  if (file === undefined) return
  await writeFile(file, missingAsJsonLines(missing)).catch((error: Error) => {
    throw new CommandError(`The report cannot be written: ${error.message}`)
  })
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [onePath, otherPath] = await Promise.allSettled([realpath(one), realpath(other)])
  return (
    onePath.status === 'fulfilled' && otherPath.status === 'fulfilled' && onePath.value === otherPath.value
  )
}

function chosenFormat(given: string | undefined, file: string): Format {
  const format = given === undefined ? formatOf(file) : formats.find((each) => each === given)
  if (format) return format
  throw new UsageError(
    given === undefined
      ? 'The name of the file does not tell its format. Give --format.'
      : '--format is jsonl or csv.',
  )
}

async function openFile(file: string): Promise<AsyncIterable<Buffer>> {
  const handle = await open(file).catch((error: Error) => {
    throw new CommandError(`The file cannot be read: ${error.message}`)
  })
  if ((await handle.stat()).isDirectory())
    throw new CommandError(`The file cannot be read: ${file} is a folder.`)
  return handle.createReadStream()
}
