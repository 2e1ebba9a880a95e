import type { InputIssue } from '@tasklane/client'

/** What became of a row that was sent. */
export type Outcome =
  /** It is in: now, or since an earlier import. */
  | { kind: 'stored' }
  /** An earlier import brought it, and it was edited or trashed since. */
  | { kind: 'changed' }
  /** The server will never take it. */
  | { kind: 'refused'; reason: string }
  /** It may be taken another time. */
  | { kind: 'failed'; reason: string }

export interface Sent {
  /** In the order of the rows. */
  outcomes: Outcome[]
  /** Why it makes no sense to send more. */
  stop?: string | undefined
}

/** The fields of a refused row, each with what is wrong. */
export function describeIssues(issues: InputIssue[]): string {
  return issues.map(({ path, message }) => `${path.join('.') || 'row'}: ${message}`).join('; ')
}
