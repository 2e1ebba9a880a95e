import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import type { AuthEvent } from './events.ts'

const { authEvents, sessions, users } = tables

export type UserRow = typeof users.$inferSelect
export type NewUser = Pick<typeof users.$inferInsert, 'id' | 'email' | 'username' | 'name' | 'passwordHash'>
export type NewSession = Omit<typeof sessions.$inferInsert, 'generation' | 'revokedAt'>

const statements = perDatabase((db) => ({
  userById: db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    .prepare('user_by_id'),
  userByEmail: db
    .select()
    .from(users)
    .where(eq(users.email, sql.placeholder('email')))
    .prepare('user_by_email'),
  userByUsername: db
    .select()
    .from(users)
    .where(eq(users.username, sql.placeholder('username')))
    .prepare('user_by_username'),
}))

export async function getUser(db: Db, id: string): Promise<UserRow | undefined> {
  const [row] = await statements(db).userById.execute({ id })
  return row
}

/** Only an email contains `@`, so the two never meet. */
export async function findUser(db: Db, usernameOrEmail: string): Promise<UserRow | undefined> {
  const [row] = usernameOrEmail.includes('@')
    ? await statements(db).userByEmail.execute({ email: usernameOrEmail })
    : await statements(db).userByUsername.execute({ username: usernameOrEmail })
  return row
}

export async function isAdmin(db: Db, id: string): Promise<boolean> {
  const user = await getUser(db, id)
  return user?.isActive === true && user.role === 'admin'
}

/** Writes the user, the session and the event: all or none. */
export async function insertUser(
  db: Db,
  rows: { user: NewUser; session: NewSession; event: AuthEvent },
): Promise<UserRow> {
  return await db.transaction(async (tx) => {
    const [user] = await tx
      .insert(users)
      .values({ ...rows.user, lastLoginAt: rows.session.createdAt })
      .returning()
    if (!user) throw new Error('Inserting a user gave no row.')
    await tx.insert(sessions).values(rows.session)
    await insertEvent(tx, rows.event)
    return user
  })
}

/** Writes the log-in, its session and the event: all or none. Nothing for a user who is not active. */
export async function insertSession(
  db: Db,
  { session, event }: { session: NewSession; event: AuthEvent },
): Promise<UserRow | undefined> {
  return await db.transaction(async (tx) => {
    const [user] = await tx
      .update(users)
      .set({ lastLoginAt: session.createdAt })
      .where(and(eq(users.id, session.userId), users.isActive))
      .returning()
    if (!user) return undefined
    await tx.insert(sessions).values(session)
    await insertEvent(tx, event)
    return user
  })
}

/** Moves a session to its next refresh token, if `generation` is its present one, and writes the event. */
export async function rotateSession(
  db: Db,
  of: {
    sessionId: string
    generation: number
    now: Date
    expiresAt: Date
    event: (userId: string) => AuthEvent
  },
): Promise<UserRow | undefined> {
  return await db.transaction(async (tx) => {
    const [row] = await tx
      .update(sessions)
      .set({
        generation: of.generation + 1,
        refreshedAt: of.now,
        expiresAt: sql`least(${sessions.endsAt}, ${sql.param(of.expiresAt, sessions.expiresAt)}::timestamptz)`,
      })
      .from(users)
      .where(
        and(
          eq(sessions.id, of.sessionId),
          eq(sessions.generation, of.generation),
          isNull(sessions.revokedAt),
          gt(sessions.expiresAt, of.now),
          eq(users.id, sessions.userId),
          users.isActive,
        ),
      )
      .returning({ user: users })
    if (!row) return undefined
    await insertEvent(tx, of.event(row.user.id))
    return row.user
  })
}

/** Gives the owner of a session, also of one that has ended. */
export async function getSessionOwner(db: Db, sessionId: string): Promise<string | undefined> {
  const [row] = await db.select({ userId: sessions.userId }).from(sessions).where(eq(sessions.id, sessionId))
  return row?.userId
}

/** Ends a session and writes the event: both or none. */
export async function revokeSession(
  db: Db,
  { sessionId, userId, now, event }: { sessionId: string; userId: string; now: Date; event: AuthEvent },
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx
      .update(sessions)
      .set({ revokedAt: now })
      .where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId), isNull(sessions.revokedAt)))
    await insertEvent(tx, event)
  })
}

/** Sessions that ended since `since`: their access tokens may not have expired. */
export async function getRevokedSessions(db: Db, since: Date): Promise<string[]> {
  const rows = await db.select({ id: sessions.id }).from(sessions).where(gt(sessions.revokedAt, since))
  return rows.map(({ id }) => id)
}

/** A user who is gone by now is left out. */
export async function insertEvent(db: Db, { userId, ...event }: AuthEvent): Promise<void> {
  const stillThere = userId ? sql`(select ${users.id} from ${users} where ${users.id} = ${userId})` : null
  await db.insert(authEvents).values({ ...event, userId: stillThere })
}
