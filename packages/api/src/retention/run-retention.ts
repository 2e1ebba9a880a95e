import type { Dependencies } from '../context.ts'
import { keptHours } from '../idempotency/once.ts'
import { deleteOld } from './queries.ts'
import { type ForgottenDeletions, forgetOldDeletions, listOwnersOfOldDeletions } from './task-queries.ts'

/** How many rows went. */
export type RetentionCounts = Record<keyof typeof deleteOld | keyof ForgottenDeletions, number>

export interface RetentionOptions {
  /** How long events are kept. */
  eventsDays: number
  /** How long a task stays in the trash, and how long a purged one is still told to those who follow. */
  trashDays: number
}

/** How long an ended session or API token is kept. */
const endedDays = 30

/** Rows of one statement: few enough that nobody waits for it. */
const batchRowsMax = 5000

const dayMilliseconds = 24 * 3600 * 1000

const ownersMax = 1000

/**
 * Deletes what is no longer needed: old events, sessions and API tokens that ended long ago, mailed
 * tokens that have expired, idempotency keys of yesterday, and tasks that are long in the trash. Several
 * processes may do so at once.
 */
export async function runRetention(
  { db, now, log }: Pick<Dependencies, 'db' | 'now' | 'log'>,
  { eventsDays, trashDays }: RetentionOptions,
): Promise<RetentionCounts> {
  const daysAgo = (days: number) => new Date(now().getTime() - days * dayMilliseconds)
  const deleteAll = async (kind: keyof typeof deleteOld, before: Date) => {
    let count = 0
    for (let batch = batchRowsMax; batch === batchRowsMax; count += batch) {
      batch = await deleteOld[kind](db, { before, rowsMax: batchRowsMax })
    }
    return count
  }
  const counts = {
    authEvents: await deleteAll('authEvents', daysAgo(eventsDays)),
    sessions: await deleteAll('sessions', daysAgo(endedDays)),
    mailTokens: await deleteAll('mailTokens', now()),
    apiTokens: await deleteAll('apiTokens', daysAgo(endedDays)),
    idempotencyKeys: await deleteAll('idempotencyKeys', daysAgo(keptHours / 24)),
    ...(await forgetDeletions(db, daysAgo(trashDays))),
  }
  if (Object.values(counts).some((count) => count > 0))
    log.info({ event: 'retention', ...counts }, 'old rows deleted')
  return counts
}

/** Owner by owner: whoever has to wait for the feed of one holds nothing of another. */
async function forgetDeletions(db: Dependencies['db'], before: Date): Promise<ForgottenDeletions> {
  const sum = { tasks: 0, taskTombstones: 0 }
  for (;;) {
    const forgotten = { ...sum }
    const owners = await listOwnersOfOldDeletions(db, { before, ownersMax })
    for (const ownerId of owners) {
      const counts = await forgetOldDeletions(db, { ownerId, before, rowsMax: batchRowsMax })
      sum.tasks += counts?.tasks ?? 0
      sum.taskTombstones += counts?.taskTombstones ?? 0
    }
    // What is left belongs to owners who write at this moment: the next run finds it.
    if (sum.tasks === forgotten.tasks && sum.taskTombstones === forgotten.taskTombstones) return sum
  }
}
