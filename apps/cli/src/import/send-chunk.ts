import { reasonOf, type TasklaneClient, type TasklaneInputs, type TasklaneOutputs } from '@tasklane/client'
import { detailOf, isUnavailable } from '../explain.ts'
import type { Setting } from '../setting.ts'
import type { SendableRow } from './chunks.ts'

type Result = TasklaneOutputs['tasks']['batch']['results'][number]

/** What became of a row. */
export type Outcome =
  /** It is in: now, or since an earlier import. */
  | { kind: 'in' }
  /** An earlier import brought it, and it was edited or trashed since. */
  | { kind: 'changed' }
  | { kind: 'refused'; reason: string }

/** Waits before each new attempt, unless the server asks for more. */
const waitsSeconds = [1, 2, 4, 8]
const waitSecondsMax = 60

/**
 * Creates the rows in one request. What fails in passing is sent again: ids make that safe.
 *
 * @throws what the server answered at last, when none of the rows is known to be in.
 */
export async function sendChunk(
  client: TasklaneClient,
  rows: SendableRow[],
  { signal, pause }: Pick<Setting, 'signal' | 'pause'>,
): Promise<Outcome[]> {
  const operations = rows.map(({ fields }) => ({
    op: 'create' as const,
    input: fields as TasklaneInputs['tasks']['create'],
  }))
  for (const waitSeconds of [...waitsSeconds, undefined]) {
    try {
      const { results } = await client.tasks.batch.mutate({ atomic: false, operations }, { signal })
      return results.map(outcomeOf)
    } catch (error) {
      if (reasonOf(error) === 'PAYLOAD_TOO_LARGE' && rows.length === 1)
        return [{ kind: 'refused', reason: 'it is larger than the server takes' }]
      if (waitSeconds === undefined || !isUnavailable(error) || signal.aborted) throw error
      const asked = Number(detailOf(error, 'retryAfterSeconds') ?? 0)
      await pause(Math.max(waitSeconds, Math.min(asked, waitSecondsMax)) * 1000)
      if (signal.aborted) throw error
    }
  }
  throw new Error('There is a last attempt.')
}

function outcomeOf(result: Result): Outcome {
  if (result.ok) return { kind: 'in' }
  const { reason, message, issues = [] } = result
  if (reason === 'TASK_ID_TAKEN') return { kind: 'changed' }
  const fields = issues.map(({ path: [, ...path], message: text }) => `${path.join('.') || 'row'}: ${text}`)
  return { kind: 'refused', reason: fields.join('; ') || message }
}
