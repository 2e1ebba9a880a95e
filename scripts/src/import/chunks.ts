import type { UnreadableRow } from '../rows/row.ts'
import { contentOf, createRowIds } from './row-id.ts'
import type { ReadTaskRow, TaskRow } from './task-row.ts'

export interface SendableRow extends ReadTaskRow {
  id: string
  /** Of the request that it takes, no fewer than they will be. */
  bytes: number
}

/** Rows that travel together, and what was found between them. */
export interface Chunk {
  rows: SendableRow[]
  unreadable: UnreadableRow[]
}

/** Calls in one batch that the server takes. */
const rowsMax = 100
/** The server takes 1 MiB, and the client may join two chunks in one request. */
export const chunkBytesMax = 500_000
/** The id, the names of the fields and what tRPC puts around them. */
const bytesAroundContent = 200

/** Puts rows together as one request can carry them. A row that is too big for any goes alone. */
export async function* chunksOf(rows: AsyncIterable<TaskRow>): AsyncGenerator<Chunk> {
  const idOf = createRowIds()
  let chunk: Chunk = { rows: [], unreadable: [] }
  let bytes = 0
  for await (const row of rows) {
    if ('problem' in row) {
      chunk.unreadable.push(row)
      continue
    }
    const content = contentOf(row.fields)
    const sendable = { ...row, id: idOf(content), bytes: Buffer.byteLength(content) + bytesAroundContent }
    const isFull = chunk.rows.length === rowsMax || bytes + sendable.bytes > chunkBytesMax
    if (isFull && chunk.rows.length > 0) {
      yield chunk
      chunk = { rows: [], unreadable: [] }
      bytes = 0
    }
    chunk.rows.push(sendable)
    bytes += sendable.bytes
  }
  if (chunk.rows.length > 0 || chunk.unreadable.length > 0) yield chunk
}
