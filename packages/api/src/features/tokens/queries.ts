import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, desc, eq, gt, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { AuthEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import { isSessionLive } from '../../guard/queries.ts'
import { apiTokenLimits } from './contract.ts'

const { apiTokens, users } = tables
const { placeholder } = sql

export type ApiTokenRow = Omit<typeof apiTokens.$inferSelect, 'userId' | 'tokenHash' | 'revokedAt'>
export type NewApiToken = Omit<typeof apiTokens.$inferSelect, 'lastUsedAt' | 'revokedAt'>

const shown = {
  id: apiTokens.id,
  name: apiTokens.name,
  scopes: apiTokens.scopes,
  createdAt: apiTokens.createdAt,
  expiresAt: apiTokens.expiresAt,
  lastUsedAt: apiTokens.lastUsedAt,
}

const statements = perDatabase((db) => {
  const isLive = isUnexpired(sql`${placeholder('now')}::timestamptz`)
  const chosen = db
    .select(shown)
    .from(apiTokens)
    .where(and(eq(apiTokens.userId, placeholder('userId')), isNull(apiTokens.revokedAt)))
    .orderBy(desc(sql`(${isLive})`), desc(apiTokens.createdAt), desc(apiTokens.id))
    .limit(apiTokenLimits.liveMax + apiTokenLimits.expiredListedMax)
    .as('chosen')
  return {
    list: db.select().from(chosen).orderBy(desc(chosen.createdAt), desc(chosen.id)).prepare('api_token_list'),
  }
})

/** A user's tokens that were not revoked, newest first. Of the expired ones only the newest. */
export async function listApiTokens(
  db: Db,
  { userId, now }: { userId: string; now: Date },
): Promise<ApiTokenRow[]> {
  return await statements(db).list.execute({ userId, now: now.toISOString() })
}

/**
 * Writes the token and the event: both or none. Gives why it did not: the user or the session is
 * gone, or the user has as many live tokens as a user may have.
 */
export async function insertApiToken(
  db: Db,
  { token, event, sessionId }: { token: NewApiToken; event: AuthEvent; sessionId: string | undefined },
): Promise<ApiTokenRow | 'NO_USER' | 'TOO_MANY'> {
  const { userId, createdAt: now } = token
  return await db.transaction(async (tx) => {
    // The user's row is locked, so that no two count at once.
    const [user] = await tx
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, userId), users.isActive))
      .for('no key update')
    if (!user) return 'NO_USER'
    // A password reset may have ended it while we waited.
    const isOver = sessionId !== undefined && !(await isSessionLive(tx, { sessionId, userId, now }))
    if (isOver) return 'NO_USER'
    const live = and(eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt), isUnexpired(now))
    if ((await tx.$count(apiTokens, live)) >= apiTokenLimits.liveMax) return 'TOO_MANY'
    const [row] = await tx.insert(apiTokens).values(token).returning(shown)
    if (!row) throw new Error('Inserting an API token gave no row.')
    await insertEvent(tx, event)
    return row
  })
}

interface ApiTokenToRevoke {
  userId: string
  tokenId: string
  now: Date
  event: AuthEvent
}

/** Revokes a token of the user and writes the event: both or none. Gives the id as it is stored. */
export async function revokeApiToken(
  db: Db,
  { userId, tokenId, now, event }: ApiTokenToRevoke,
): Promise<string | undefined> {
  return await db.transaction(async (tx) => {
    const [revoked] = await tx
      .update(apiTokens)
      .set({ revokedAt: now })
      .where(and(eq(apiTokens.id, tokenId), eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)))
      .returning({ id: apiTokens.id })
    if (revoked) await insertEvent(tx, event)
    return revoked?.id
  })
}

function isUnexpired(now: Date | SQL): SQL | undefined {
  return or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, now))
}
