import type { TasklaneClient } from '@tasklane/client'
import type { Setting } from '../setting.ts'
import { type Chunk, chunksOf } from './chunks.ts'
import type { Row } from './row.ts'
import { type Outcome, sendChunk } from './send-chunk.ts'

/** A row that is not in, and why. */
export interface MissingRow {
  line: number
  /** `refused` rows are wrong as they stand; `unsent` ones may be in or not, and can be sent again. */
  kind: 'refused' | 'unsent'
  reason: string
  row: unknown
}

/** What became of every row that was read. */
export interface Tally {
  read: number
  /** Rows that are in: now, or since an earlier import. */
  in: number
  /** Rows of an earlier import that were edited or trashed since, and left alone. */
  changed: number
  missing: MissingRow[]
  /** How many rows had a value in each column that there is no field for. */
  ignored: Record<string, number>
}

interface Import {
  client: TasklaneClient
  rows: AsyncIterable<Row>
  setting: Pick<Setting, 'signal' | 'pause'>
  onProgress(rows: number): void
}

/** Sends the rows, chunk after chunk. What stops it is given with what was done before. */
export async function importRows({
  client,
  rows,
  setting,
  onProgress,
}: Import): Promise<{ tally: Tally; stop?: unknown }> {
  const tally: Tally = { read: 0, in: 0, changed: 0, missing: [], ignored: {} }
  for await (const chunk of chunksOf(rows)) {
    addUnreadable(tally, chunk)
    try {
      const outcomes = chunk.rows.length === 0 ? [] : await sendChunk(client, chunk.rows, setting)
      addOutcomes(tally, chunk, outcomes)
    } catch (stop) {
      addUnsent(tally, chunk)
      return { tally, stop }
    }
    onProgress(tally.read)
  }
  return { tally }
}

function addUnreadable(tally: Tally, { rows, unreadable, ignored }: Chunk): void {
  tally.read += rows.length + unreadable.length
  for (const { row, problem } of unreadable)
    tally.missing.push({ line: row.line, kind: 'refused', reason: problem, row: row.raw })
  for (const column of ignored) tally.ignored[column] = (tally.ignored[column] ?? 0) + 1
}

function addOutcomes(tally: Tally, { rows }: Chunk, outcomes: Outcome[]): void {
  for (const [index, { row }] of rows.entries()) {
    const outcome = outcomes[index]
    if (outcome?.kind === 'in') tally.in += 1
    else if (outcome?.kind === 'changed') tally.changed += 1
    else if (outcome) tally.missing.push({ line: row.line, ...outcome, row: row.raw })
  }
  tally.missing.sort((one, other) => one.line - other.line)
}

function addUnsent(tally: Tally, { rows }: Chunk): void {
  const reason = 'not known to be in'
  for (const { row } of rows) tally.missing.push({ line: row.line, kind: 'unsent', reason, row: row.raw })
  tally.missing.sort((one, other) => one.line - other.line)
}
