import type { MissingRow } from '../rows/report.ts'
import { type Chunk, chunksOf, type SendableRow } from './chunks.ts'
import type { Sent } from './outcome.ts'
import type { TaskRow } from './task-row.ts'

/** What became of every row that was read. */
export interface Tally {
  read: number
  /** Rows that are in, now or since an earlier import. */
  stored: number
  /** Rows of an earlier import that were edited or trashed since, and left alone. */
  changed: number
  /** By line. */
  missing: MissingRow[]
  /** How many rows have a value in a column that a task has no field for. */
  ignored: Map<string, number>
  /** Why rows after the last one here were not even read. */
  stop?: string
}

export interface Import {
  rows: AsyncIterable<TaskRow>
  /** Sends the rows of one chunk. */
  send: (rows: SendableRow[]) => Promise<Sent>
  /** Told how many rows are done. */
  onProgress?: ((rows: number) => void) | undefined
}

/** While the server works on one chunk, the next is made. */
const chunksUnderWay = 2

/** Sends every row and says what became of each. */
export async function importRows({ rows, send, onProgress }: Import): Promise<Tally> {
  const tally: Tally = { read: 0, stored: 0, changed: 0, missing: [], ignored: new Map() }
  const chunks = chunksOf(rows)
  async function sendInTurn(): Promise<void> {
    while (tally.stop === undefined) {
      const { value: chunk } = await chunks.next()
      if (!chunk) return
      add(tally, chunk, await send(chunk.rows))
      onProgress?.(tally.read)
    }
  }
  await Promise.all(Array.from({ length: chunksUnderWay }, sendInTurn))
  await chunks.return(undefined)
  tally.missing.sort((one, other) => one.line - other.line)
  return tally
}

function add(tally: Tally, { rows, unreadable }: Chunk, { outcomes, stop }: Sent): void {
  tally.read += rows.length + unreadable.length
  for (const { line, problem } of unreadable) tally.missing.push({ line, kind: 'refused', reason: problem })
  for (const [index, { line, ignored }] of rows.entries()) {
    for (const column of ignored) tally.ignored.set(column, (tally.ignored.get(column) ?? 0) + 1)
    const outcome = outcomes[index]
    if (outcome?.kind === 'stored') tally.stored += 1
    else if (outcome?.kind === 'changed') tally.changed += 1
    else if (outcome) tally.missing.push({ line, ...outcome })
  }
  if (stop !== undefined) tally.stop ??= stop
}
