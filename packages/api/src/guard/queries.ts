import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, eq, gt, isNull, ne, or, type SQL, sql } from 'drizzle-orm'

const { apiTokens, sessions, users } = tables
const { placeholder } = sql
const now = sql`${placeholder('now')}::timestamptz`

const isUnexpired = or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, now))

const statements = perDatabase((db) => ({
  liveSession: db
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        eq(sessions.id, placeholder('sessionId')),
        eq(sessions.userId, placeholder('userId')),
        isNull(sessions.revokedAt),
        gt(sessions.endsAt, now),
        users.isActive,
      ),
    )
    .prepare('guard_live_session'),
  useApiToken: db
    .update(apiTokens)
    // One that has expired is found, to be told so, but not used.
    .set({ lastUsedAt: sql`case when ${isUnexpired} then ${now} else ${apiTokens.lastUsedAt} end` })
    .from(users)
    .where(
      and(
        eq(apiTokens.tokenHash, placeholder('tokenHash')),
        isNull(apiTokens.revokedAt),
        eq(users.id, apiTokens.userId),
        users.isActive,
      ),
    )
    .returning({
      tokenId: apiTokens.id,
      scopes: apiTokens.scopes,
      expiresAt: apiTokens.expiresAt,
      userId: users.id,
      email: users.email,
    })
    .prepare('guard_use_api_token'),
}))

/** Whether the session is this user's own, has not ended, and the user may sign in. */
export async function isSessionLive(
  db: Db,
  of: { sessionId: string; userId: string; now: Date },
): Promise<boolean> {
  const rows = await statements(db).liveSession.execute({ ...of, now: of.now.toISOString() })
  return rows.length > 0
}

/** Finds a good API token and its user, and notes the use. The guard asks at most once a minute. */
export async function useApiToken(db: Db, of: { tokenHash: Uint8Array; now: Date }) {
  const [row] = await statements(db).useApiToken.execute({ ...of, now: of.now.toISOString() })
  return row
}

/** Sessions to end: one, all, or all but one of a user. */
export interface SessionsToEnd {
  userId: string
  sessionId?: string
  exceptSessionId?: string | undefined
  now: Date
}

/** Ends sessions that have not ended yet, and gives their ids. */
export async function endSessions(
  db: Db,
  { userId, sessionId, exceptSessionId, now }: SessionsToEnd,
): Promise<string[]> {
  const chosen: (SQL | undefined)[] = [
    eq(sessions.userId, userId),
    isNull(sessions.revokedAt),
    sessionId === undefined ? undefined : eq(sessions.id, sessionId),
    exceptSessionId === undefined ? undefined : ne(sessions.id, exceptSessionId),
  ]
  const rows = await db
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(...chosen))
    .returning({ id: sessions.id })
  return rows.map(({ id }) => id)
}

/** Before the user, as whoever ends one session does: two would wait for each other otherwise. Call it in a transaction. */
export async function lockSessions(tx: Db, userId: string): Promise<void> {
  await tx.select({ id: sessions.id }).from(sessions).where(eq(sessions.userId, userId)).for('update')
}

/** Ends every API token of a user that has not ended yet, and gives their ids. */
export async function endApiTokens(
  db: Db,
  { userId, now }: { userId: string; now: Date },
): Promise<string[]> {
  const rows = await db
    .update(apiTokens)
    .set({ revokedAt: now })
    .where(and(eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id })
  return rows.map(({ id }) => id)
}

/** Sessions that ended since `since`: their access tokens may not have expired. */
export async function getRevokedSessions(db: Db, since: Date): Promise<string[]> {
  const rows = await db.select({ id: sessions.id }).from(sessions).where(gt(sessions.revokedAt, since))
  return rows.map(({ id }) => id)
}

/** Whether the user is an administrator now, whatever a token says. */
export async function isAdmin(db: Db, userId: string): Promise<boolean> {
  const rows = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), users.isActive, eq(users.role, 'admin')))
  return rows.length > 0
}
