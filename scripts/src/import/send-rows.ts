import { setTimeout } from 'node:timers/promises'
import { issuesOf, type Reason, reasonOf, type TasklaneClient, type TasklaneInputs } from '@tasklane/client'
import { codeOf } from '../problems.ts'
import { chunkBytesMax, type SendableRow } from './chunks.ts'
import { describeIssues, type Outcome, type Sent } from './outcome.ts'

type CreateTask = TasklaneInputs['tasks']['create']

/** Waits before each new attempt, unless the server asks for more. */
const waitsSeconds = [1, 2, 4, 8]
const waitSecondsMax = 60

/** "Not now." What did not come from the server at all, such as a lost connection, counts too. */
const passingReasons = new Set<Reason | undefined>([
  undefined,
  'RATE_LIMITED',
  'TOO_BUSY',
  'DATABASE_UNAVAILABLE',
  'REQUEST_TIMEOUT',
])

const signedOutReasons = new Set<Reason | undefined>([
  'AUTHENTICATION_REQUIRED',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'REFRESH_TOKEN_INVALID',
])

export interface Sender {
  client: TasklaneClient
  /** Default: the system's timer. */
  waitSeconds?: ((seconds: number) => Promise<void>) | undefined
}

/** Creates the rows in one HTTP request. What fails in passing is sent again: ids make that safe. */
export async function sendRows({ client, waitSeconds = sleep }: Sender, rows: SendableRow[]): Promise<Sent> {
  const errors = new Map<SendableRow, unknown>()
  let open = rows
  for (const wait of [0, ...waitsSeconds]) {
    const asked = open.map((row) => Math.min(askedSeconds(errors.get(row)), waitSecondsMax))
    if (wait > 0) await waitSeconds(Math.max(wait, ...asked))
    const results = await Promise.allSettled(open.map((row) => client.tasks.create.mutate(taskOf(row))))
    for (const [index, row] of open.entries()) {
      const result = results[index]
      if (result?.status === 'rejected') errors.set(row, result.reason)
      else errors.delete(row)
    }
    open = open.filter((row) => errors.has(row) && isPassing(row, errors.get(row)))
    if (open.length === 0) break
  }
  const hopeless = open[0] ?? rows.find((row) => signedOutReasons.has(reasonOf(errors.get(row))))
  return {
    outcomes: rows.map((row) => (errors.has(row) ? outcomeOf(row, errors.get(row)) : { kind: 'stored' })),
    stop: hopeless && describe(errors.get(hopeless)),
  }
}

/** The server's contract decides on what the file left open. */
function taskOf({ id, fields }: SendableRow): CreateTask {
  return { ...(fields as CreateTask), id }
}

function isPassing(row: SendableRow, error: unknown): boolean {
  const reason = reasonOf(error)
  // The client may have joined a row with one that is too big by itself.
  if (reason === 'PAYLOAD_TOO_LARGE') return row.bytes <= chunkBytesMax
  return passingReasons.has(reason)
}

function outcomeOf(row: SendableRow, error: unknown): Outcome {
  const reason = reasonOf(error)
  if (reason === 'TASK_ID_TAKEN') return { kind: 'changed' }
  const isRefused = reason === 'INPUT_INVALID' || (reason === 'PAYLOAD_TOO_LARGE' && !isPassing(row, error))
  return { kind: isRefused ? 'refused' : 'failed', reason: describe(error) }
}

/** What went wrong, in words, and how long the server asks to wait. */
export function describe(error: unknown): string {
  const issues = issuesOf(error)
  if (issues.length > 0) return describeIssues(issues)
  if (reasonOf(error) === undefined) return `the server did not answer (${codeOf(error) ?? String(error)})`
  const message = error instanceof Error ? error.message : String(error)
  const seconds = askedSeconds(error)
  return seconds > 0 ? `${message} (wait ${seconds} second${seconds === 1 ? '' : 's'})` : message
}

function askedSeconds(error: unknown): number {
  if (!(error instanceof Error) || !('data' in error)) return 0
  const { data } = error
  const seconds =
    typeof data === 'object' && data !== null && 'retryAfterSeconds' in data && data.retryAfterSeconds
  return typeof seconds === 'number' ? seconds : 0
}

const sleep = (seconds: number) => setTimeout(seconds * 1000)
