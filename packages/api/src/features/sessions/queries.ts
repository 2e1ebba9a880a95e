import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, desc, eq, gt, isNull, type Placeholder, type SQL, sql } from 'drizzle-orm'
import type { AuthEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import { endSessions } from '../../guard/queries.ts'
import { sessionLimits } from './contract.ts'

const { sessions } = tables
const { placeholder } = sql

const statements = perDatabase((db) => ({
  list: db
    .select({
      id: sessions.id,
      ipAddress: sessions.ipAddress,
      userAgent: sessions.userAgent,
      createdAt: sessions.createdAt,
      lastUsedAt: sessions.refreshedAt,
      expiresAt: sessions.expiresAt,
    })
    .from(sessions)
    .where(isLiveOf(placeholder('userId'), sql`${placeholder('now')}::timestamptz`))
    .orderBy(desc(sessions.refreshedAt), desc(sessions.id))
    .limit(sessionLimits.listedMax)
    .prepare('session_list'),
}))

/** The sessions of a user that have neither ended nor expired, last used first. */
export async function listSessions(db: Db, { userId, now }: { userId: string; now: Date }) {
  return await statements(db).list.execute({ userId, now: now.toISOString() })
}

interface SessionToEnd {
  userId: string
  sessionId: string
  now: Date
  event: AuthEvent
}

/** Ends a live session of the user and writes the event: both or none. Gives the id as it is stored. */
export async function endSession(
  db: Db,
  { userId, sessionId, now, event }: SessionToEnd,
): Promise<string | undefined> {
  return await db.transaction(async (tx) => {
    const [live] = await tx
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(eq(sessions.id, sessionId), isLiveOf(userId, now)))
    if (!live) return undefined
    const [endedId] = await endSessions(tx, { userId, sessionId, now })
    if (endedId !== undefined) await insertEvent(tx, event)
    return endedId
  })
}

/** Whether a session is this user's, and has neither ended nor expired. */
function isLiveOf(userId: string | Placeholder, now: Date | SQL): SQL | undefined {
  return and(eq(sessions.userId, userId), isNull(sessions.revokedAt), gt(sessions.expiresAt, now))
}
