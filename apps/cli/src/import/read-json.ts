import { buffer } from 'node:stream/consumers'
import { RefusedError } from '../problems.ts'
import { decode, linesOf, notUtf8, withoutByteOrderMark } from './bytes.ts'
import { type Row, rowOf } from './row.ts'

/** JSON lines: one object a line, blank lines skipped. */
export async function* readJsonLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Row> {
  let line = 0
  for await (const bytes of linesOf(withoutByteOrderMark(source))) {
    line += 1
    const text = decode(bytes)
    if (text === undefined) yield { line, raw: bytes.toString('latin1'), content: { problem: notUtf8 } }
    else if (text.trim() !== '') yield parseRow(line, text)
  }
}

function parseRow(line: number, text: string): Row {
  try {
    return rowOf(line, JSON.parse(text))
  } catch (error) {
    return { line, raw: text, content: { problem: `not valid JSON: ${(error as SyntaxError).message}` } }
  }
}

/** One array of objects. It is read whole. */
export async function* readJsonArray(source: AsyncIterable<Uint8Array>): AsyncGenerator<Row> {
  for (const [index, value] of parseArray(await buffer(withoutByteOrderMark(source))).entries())
    yield rowOf(index + 1, value)
}

function parseArray(bytes: Buffer): unknown[] {
  const text = decode(bytes)
  if (text === undefined) throw new RefusedError(`The file is ${notUtf8}.`)
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value
  } catch (error) {
    throw new RefusedError(`The file is not valid JSON: ${(error as SyntaxError).message}`)
  }
  throw new RefusedError('The file is not an array of JSON. For one object a line, give --format jsonl.')
}
