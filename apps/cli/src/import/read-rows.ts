import { extname } from 'node:path'
import { RefusedError, UsageError } from '../problems.ts'
import { readCsv } from './read-csv.ts'
import { readJsonArray, readJsonLines } from './read-json.ts'
import type { Row } from './row.ts'

export const formats = ['jsonl', 'json', 'csv'] as const
export type Format = (typeof formats)[number]

const readers = { jsonl: readJsonLines, json: readJsonArray, csv: readCsv }
const formatsByEnding: Record<string, Format> = {
  ...{ '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.json': 'json', '.csv': 'csv' },
}

/** The rows of a file, in their order. A source that breaks off gives a last row that says so. */
export async function* readRows(source: AsyncIterable<Uint8Array>, format: Format): AsyncGenerator<Row> {
  let line = 0
  try {
    for await (const row of readers[format](source)) {
      line = row.line
      yield row
    }
  } catch (error) {
    if (error instanceof RefusedError) throw error
    const problem = `reading broke off. Nothing from here on was read (${(error as Error).message})`
    yield { line: line + 1, raw: null, content: { problem } }
  }
}

/** @throws UsageError when neither the caller nor the name of the file tells. */
export function chooseFormat(file: string, given: Format | undefined): Format {
  const format = given ?? formatsByEnding[extname(file).toLowerCase()]
  if (format) return format
  throw new UsageError('The name of the file does not tell its format. Give --format jsonl, json or csv.')
}
