import type { Dependencies } from '../context.ts'
import { deleteOld } from './queries.ts'

/** How many rows went. */
export type RetentionCounts = Record<keyof typeof deleteOld, number>

export interface RetentionOptions {
  /** How long events are kept. */
  eventsDays: number
}

/** How long an ended session or API token is kept. */
const endedDays = 30

/** Rows of one statement: few enough that nobody waits for it. */
const batchRowsMax = 5000

const dayMilliseconds = 24 * 3600 * 1000

/**
 * Deletes what is no longer needed: old events, sessions and API tokens that ended long ago, and
 * mailed tokens that have expired. Several processes may do so at once.
 */
export async function runRetention(
  { db, now, log }: Pick<Dependencies, 'db' | 'now' | 'log'>,
  { eventsDays }: RetentionOptions,
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
  }
  if (Object.values(counts).some((count) => count > 0))
    log.info({ event: 'retention', ...counts }, 'old rows deleted')
  return counts
}
