import { pipeline } from 'node:stream'
import { type CsvError, type InfoRecord, parse } from 'csv-parse'
import { CommandError } from '../problems.ts'
import { printable } from '../terminal.ts'
import { decode, notUtf8, withoutByteOrderMark } from './bytes.ts'
import { fieldOf, type Row, type RowShape, rowOf } from './row.ts'

interface CsvRecord {
  /** The cells, every byte as the character of its number: none is lost before it is known to be UTF-8. */
  record: string[]
  info: InfoRecord
}

/**
 * Reads comma-separated values as RFC 4180 has them. The first row names the columns; an empty cell
 * is absent.
 *
 * @throws CommandError when the first row cannot be the names of columns.
 */
export async function* readCsvRows<Fields>(
  source: AsyncIterable<Uint8Array>,
  shape: RowShape<Fields>,
): AsyncGenerator<Row<Fields>> {
  const lines = createLineCounter()
  let columns: string[] | undefined
  let broken: CsvError | undefined
  const parser = parse({
    encoding: 'latin1',
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      broken ??= error
      return undefined
    },
    // What follows a misplaced quote may be read as something else than was meant.
    on_record: (record) => (broken ? null : record),
  })
  const records: AsyncIterable<CsvRecord> = pipeline(
    withoutByteOrderMark(source),
    lines.watch,
    parser,
    () => {},
  )
  for await (const { record: cells, info } of records) {
    const line = lines.lastBefore(info.bytes) - newlinesIn(cells)
    if (columns === undefined) columns = columnsOf(shape, cells)
    else yield parseRow(shape, { line, cells, columns })
  }
  if (broken) {
    const line = lines.firstFrom(Number(broken['bytes']))
    yield { line, problem: `misplaced quote. Nothing from here on was read (${broken.message})` }
  }
}

function columnsOf<Fields>(shape: RowShape<Fields>, cells: string[]): string[] {
  const columns = cells.map((cell, index) => decode(Buffer.from(cell, 'latin1')) ?? `column ${index + 1}`)
  const fields = columns.map((column) => fieldOf(shape, column)).filter((field) => field !== undefined)
  const isEnough = shape.oneOf.some((field) => fields.includes(field))
  if (isEnough && new Set(fields).size === fields.length) return columns
  const needed = shape.oneOf.map((field) => `"${field}"`).join(' or ')
  const found = printable(columns.join(',').slice(0, 200))
  throw new CommandError(
    `The first row must name the columns, separated by commas, ${needed} among them and none twice. It is: ${found}`,
  )
}

interface Cells {
  line: number
  cells: string[]
  columns: string[]
}

function parseRow<Fields>(shape: RowShape<Fields>, { line, cells, columns }: Cells): Row<Fields> {
  if (cells.length !== columns.length) {
    return { line, problem: `has ${cells.length} cells, but the first row has ${columns.length}` }
  }
  const values: [string, unknown][] = []
  for (const [index, column] of columns.entries()) {
    const cell = decode(Buffer.from(cells[index] ?? '', 'latin1'))
    if (cell === undefined) return { line, problem: `${column}: ${notUtf8}` }
    if (cell !== '') values.push([column, cellValue(shape, { column, cell })])
  }
  return rowOf(shape, { line, columns: values })
}

function cellValue<Fields>(
  shape: RowShape<Fields>,
  { column, cell }: { column: string; cell: string },
): unknown {
  const field = fieldOf(shape, column)
  const fromCell = field && shape.kinds[field].fromCell
  return fromCell ? fromCell(cell) : cell
}

function newlinesIn(cells: string[]): number {
  return cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0)
}

/** Tells lines by bytes: the parser's own count is off after a CRLF in a cell. Asked with rising bytes. */
function createLineCounter() {
  const newlines: number[] = []
  let bytes = 0
  let passed = 0
  function newlinesBefore(end: number): number {
    while ((newlines[passed] ?? Number.POSITIVE_INFINITY) < end) passed += 1
    return passed
  }
  return {
    async *watch(source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, at + 1))
          newlines.push(bytes + at)
        bytes += chunk.length
        yield chunk
      }
    },
    firstFrom: (start: number) => newlinesBefore(start) + 1,
    lastBefore(end: number): number {
      const count = newlinesBefore(end)
      return newlines[count - 1] === end - 1 ? count : count + 1
    },
  }
}
