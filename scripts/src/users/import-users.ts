import type { ImportedUser, ImportedUserOutcome } from '@tasklane/api'
import { CommandError, explain } from '../problems.ts'
import type { MissingRow } from '../rows/report.ts'
import { checkUser } from './check-user.ts'
import type { UserRow } from './user-row.ts'

export interface UserImport {
  rows: AsyncIterable<UserRow>
  /** Writes accounts in one transaction. */
  insert: (users: ImportedUser[]) => Promise<ImportedUserOutcome[]>
  newId: () => string
  /** Told how many rows are done. */
  onProgress?: ((rows: number) => void) | undefined
}

/** What became of every row. */
export interface UserImportResult {
  read: number
  added: number
  /** Accounts that were there already, and were left alone. */
  present: number
  /** Rows that were left out because their username is that of an account with another email. */
  taken: number
  /** Every row that is not in, by line. */
  missing: MissingRow[]
  /** How many rows have a value in a column that an account has no field for. */
  ignored: Map<string, number>
}

interface CheckedRow {
  line: number
  user: ImportedUser
}

const rowsInTransaction = 500

/**
 * Brings accounts in. Those that are there already are left alone, so it can be done again.
 *
 * @throws CommandError that says how far it came when the database fails.
 */
export async function importUsers({
  rows,
  insert,
  newId,
  onProgress,
}: UserImport): Promise<UserImportResult> {
  const result: UserImportResult = {
    read: 0,
    added: 0,
    present: 0,
    taken: 0,
    missing: [],
    ignored: new Map(),
  }
  let waiting: CheckedRow[] = []

  async function insertWaiting(): Promise<void> {
    const outcomes = await insert(waiting.map(({ user }) => user)).catch((error: unknown) => {
      const done = result.read - waiting.length
      throw new CommandError(
        `${explain(error)}\nStopped after ${done} rows. Run it again: what is in is not added twice.`,
      )
    })
    for (const [index, row] of waiting.entries()) count(result, row, outcomes[index])
    waiting = []
    onProgress?.(result.read)
  }

  for await (const row of rows) {
    result.read += 1
    const checked = check(result, row)
    if (checked) waiting.push({ line: row.line, user: { id: newId(), ...checked } })
    if (waiting.length === rowsInTransaction) await insertWaiting()
  }
  await insertWaiting()
  result.missing.sort((one, other) => one.line - other.line)
  return result
}

function check(result: UserImportResult, row: UserRow): Omit<ImportedUser, 'id'> | undefined {
  if (!('problem' in row)) {
    for (const column of row.ignored) result.ignored.set(column, (result.ignored.get(column) ?? 0) + 1)
  }
  const checked = 'problem' in row ? row : checkUser(row.fields)
  if ('user' in checked) return checked.user
  result.missing.push({ line: row.line, kind: 'refused', reason: checked.problem })
  return undefined
}

function count(
  result: UserImportResult,
  { line, user }: CheckedRow,
  outcome: ImportedUserOutcome | undefined,
): void {
  if (outcome === 'added') result.added += 1
  if (outcome === 'present') result.present += 1
  if (outcome !== 'username_taken') return
  result.taken += 1
  const reason = `username: "${user.username}" is that of an account with another email`
  result.missing.push({ line, kind: 'refused', reason })
}
