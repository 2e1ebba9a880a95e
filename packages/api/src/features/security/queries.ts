import { type Db, tables } from '@tasklane/db'
import { and, countDistinct, desc, eq, gte, isNotNull, sql } from 'drizzle-orm'

const { authEvents } = tables

/** What is looked for: at least so many failures since then. */
export interface FailureSearch {
  since: Date
  failuresMin: number
}

const rowsMax = 100
const failures = sql<number>`sum(${authEvents.count})::int`
const instants = {
  firstAt: sql<Date>`min(${authEvents.createdAt})`.mapWith(authEvents.createdAt),
  lastAt: sql<Date>`max(${authEvents.createdAt})`.mapWith(authEvents.createdAt),
}

/** An IPv6 host has a whole /64 to choose from. */
const source = sql<string>`case family(${authEvents.ipAddress})
  when 6 then network(set_masklen(${authEvents.ipAddress}, 64))::text
  else host(${authEvents.ipAddress}) end`

/** The account, by whichever name it was called; or the name that was tried, if there is no such account. */
const target = sql<string>`coalesce(${authEvents.userId}::text, encode(${authEvents.identifierHash}, 'hex'))`

export async function getFailuresByAddress(db: Db, { since, failuresMin }: FailureSearch) {
  return await db
    .select({ address: source, failures, accounts: countDistinct(target), ...instants })
    .from(authEvents)
    .where(and(failedSince(since), isNotNull(authEvents.ipAddress)))
    .groupBy(source)
    .having(gte(failures, failuresMin))
    .orderBy(desc(failures), source)
    .limit(rowsMax)
}

export async function getFailuresByAccount(db: Db, { since, failuresMin }: FailureSearch) {
  return await db
    .select({
      userId: sql<string | null>`min(${authEvents.userId}::text)`,
      failures,
      addresses: countDistinct(authEvents.ipAddress),
      ...instants,
    })
    .from(authEvents)
    .where(and(failedSince(since), isNotNull(target)))
    .groupBy(target)
    .having(gte(failures, failuresMin))
    .orderBy(desc(failures), target)
    .limit(rowsMax)
}

function failedSince(since: Date) {
  return and(eq(authEvents.success, false), gte(authEvents.createdAt, since))
}
