import type { Row, RowFields } from './row.ts'
import { createRowIds } from './row-id.ts'

export interface SendableRow {
  row: Row
  fields: RowFields & { id: string }
}

/** Rows that travel together, and those between them that cannot. */
export interface Chunk {
  rows: SendableRow[]
  unreadable: { row: Row; problem: string }[]
  ignored: string[]
}

/** What `tasks.batch` takes. */
const rowsMax = 100
/** The server takes 1 MiB. */
const bytesMax = 900_000
/** What stands around the fields. */
const bytesAround = 100

const emptyChunk = (): Chunk => ({ rows: [], unreadable: [], ignored: [] })

/** Puts rows together as one request can carry them. A row that is too big for any goes alone. */
export async function* chunksOf(rows: AsyncIterable<Row>): AsyncGenerator<Chunk> {
  const idOf = createRowIds()
  let chunk = emptyChunk()
  let bytes = 0
  for await (const row of rows) {
    const { content } = row
    if ('problem' in content) {
      chunk.unreadable.push({ row, problem: content.problem })
      continue
    }
    const fields = { ...content.fields, id: idOf(content.fields) }
    const size = Buffer.byteLength(JSON.stringify(fields)) + bytesAround
    if (chunk.rows.length === rowsMax || (chunk.rows.length > 0 && bytes + size > bytesMax)) {
      yield chunk
      chunk = emptyChunk()
      bytes = 0
    }
    chunk.rows.push({ row, fields })
    chunk.ignored.push(...content.ignored)
    bytes += size
  }
  if (chunk.rows.length > 0 || chunk.unreadable.length > 0) yield chunk
}
