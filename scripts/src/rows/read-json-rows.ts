import { decode, notUtf8, withoutByteOrderMark } from './bytes.ts'
import { type Row, type RowShape, rowOf } from './row.ts'

/** Reads JSON lines: one object a line, blank lines skipped. */
export async function* readJsonRows<Fields>(
  source: AsyncIterable<Uint8Array>,
  shape: RowShape<Fields>,
): AsyncGenerator<Row<Fields>> {
  let line = 0
  for await (const bytes of linesOf(withoutByteOrderMark(source))) {
    line += 1
    const text = decode(bytes)
    if (text === undefined) yield { line, problem: notUtf8 }
    else if (!isBlank(text)) yield parseRow(shape, { line, text })
  }
}

function parseRow<Fields>(
  shape: RowShape<Fields>,
  { line, text }: { line: number; text: string },
): Row<Fields> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { line, problem: `not valid JSON: ${(error as SyntaxError).message}` }
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject
    ? rowOf(shape, { line, columns: Object.entries(value as object) })
    : { line, problem: `not a JSON object. Each line must be {"${shape.oneOf[0]}": …}` }
}

/** What stands between the newlines. */
async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = []
  for await (const chunk of source) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...begun, chunk.subarray(start, end)])
      begun = []
      start = end + 1
    }
    begun.push(chunk.subarray(start))
  }
  const last = Buffer.concat(begun)
  if (last.length > 0) yield last
}

/** Whitespace as JSON has it; a line may end with a carriage return. */
function isBlank(text: string): boolean {
  return /^[ \t\r]*$/.test(text)
}
