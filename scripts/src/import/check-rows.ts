import { CreateTask } from '@tasklane/api/contract'
import type { SendableRow } from './chunks.ts'
import { describeIssues, type Outcome, type Sent } from './outcome.ts'

/** Says what the server would answer to rows that are not there yet, by its own contract. */
export async function checkRows(rows: SendableRow[]): Promise<Sent> {
  return { outcomes: rows.map(check) }
}

function check({ id, fields }: SendableRow): Outcome {
  const { error } = CreateTask.safeParse({ ...fields, id })
  if (!error) return { kind: 'stored' }
  const issues = error.issues.map(({ path, message }) => ({
    path: path.map((step) => String(step)),
    message,
  }))
  return { kind: 'refused', reason: describeIssues(issues) }
}
