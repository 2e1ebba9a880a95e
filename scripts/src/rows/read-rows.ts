import { CommandError } from '../problems.ts'
import { readCsvRows } from './read-csv-rows.ts'
import { readJsonRows } from './read-json-rows.ts'
import type { Row, RowShape } from './row.ts'

export const formats = ['jsonl', 'csv'] as const
export type Format = (typeof formats)[number]

const readers = { jsonl: readJsonRows, csv: readCsvRows }

/** Reads rows in their order. A source that breaks off gives a last row that says so. */
export async function* readRows<Fields>(
  source: AsyncIterable<Uint8Array>,
  { format, shape }: { format: Format; shape: RowShape<Fields> },
): AsyncGenerator<Row<Fields>> {
  let line = 0
  try {
    for await (const row of readers[format](source, shape)) {
      line = row.line
      yield row
    }
  } catch (error) {
    if (error instanceof CommandError) throw error
    const { message } = error as Error
    yield { line: line + 1, problem: `reading broke off. Nothing from here on was read (${message})` }
  }
}

/** The format that a file's name tells. */
export function formatOf(file: string): Format | undefined {
  if (/\.(jsonl|ndjson)$/i.test(file)) return 'jsonl'
  return /\.csv$/i.test(file) ? 'csv' : undefined
}
