import { pipeline } from 'node:stream'
import type { CsvError, InfoRecord } from 'csv-parse'
import { RefusedError } from '../problems.ts'
import { printable } from '../terminal/printable.ts'
import { decode, notUtf8, withoutByteOrderMark } from './bytes.ts'
import { type Row, rowOf } from './row.ts'

interface Parsed {
  /** The cells, every byte as the character of its number: none is lost before it is known to be UTF-8. */
  record: string[]
  info: InfoRecord
}

/** Comma-separated values as RFC 4180 has them. The first row names the columns; an empty cell is absent. */
export async function* readCsv(source: AsyncIterable<Uint8Array>): AsyncGenerator<Row> {
  const { parse } = await import('csv-parse')
  let broken: CsvError | undefined
  const parser = parse({
    ...{ encoding: 'latin1', info: true, relax_column_count: true, skip_empty_lines: true },
    skip_records_with_error: true,
    on_skip: (error) => {
      broken ??= error
      return undefined
    },
    // What follows a misplaced quote may be read as something else than was meant.
    on_record: (record) => (broken ? null : record),
  })
  const records: AsyncIterable<Parsed> = pipeline(withoutByteOrderMark(source), parser, () => {})
  let columns: string[] | undefined
  // The parser counts a line end of two characters within a cell as two lines.
  let countedTwice = 0
  for await (const { record, info } of records) {
    const cells = record.map((cell) => decode(Buffer.from(cell, 'latin1')))
    const text = record.join('')
    const line = info.lines - countedTwice - occurrences(text, /[\r\n]/g)
    countedTwice += occurrences(text, /\r\n/g)
    if (columns === undefined) columns = columnsOf(cells)
    else yield parseRow(line, cells, columns)
  }
  if (broken) {
    const problem = `misplaced quote. Nothing from here on was read (${broken.message})`
    yield { line: Number(broken['lines']) - countedTwice, raw: null, content: { problem } }
  }
}

function columnsOf(cells: (string | undefined)[]): string[] {
  if (cells.includes('title')) return cells.map((cell, index) => cell ?? `column ${index + 1}`)
  const found = printable(cells.join(',').slice(0, 200))
  throw new RefusedError(`The first row must name the columns, "title" among them. It is: ${found}`)
}

function parseRow(line: number, cells: (string | undefined)[], columns: string[]): Row {
  const problem =
    cells.length !== columns.length
      ? `has ${cells.length} cells, but the first row has ${columns.length}`
      : cells.includes(undefined) && notUtf8
  if (problem) return { line, raw: cells, content: { problem } }
  const named = columns.map((column, index) => [column, contentOf(column, cells[index] ?? '')])
  return rowOf(line, Object.fromEntries(named))
}

const occurrences = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0

function contentOf(column: string, cell: string): unknown {
  if (cell === '') return null
  if (column === 'completed' && /^(true|false)$/i.test(cell)) return cell.toLowerCase() === 'true'
  return column === 'tags' ? tagsIn(cell) : cell
}

/** An export writes JSON where a tag holds what parts tags. */
function tagsIn(cell: string): unknown {
  if (cell.startsWith('["')) {
    try {
      return JSON.parse(cell)
    } catch {
      return cell.split(/[,;]/).filter(Boolean)
    }
  }
  return cell.split(/[,;]/).filter(Boolean)
}
