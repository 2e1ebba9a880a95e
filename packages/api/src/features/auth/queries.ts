import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import type { AuthEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import { endSessions as endSessionRows, type SessionsToEnd } from '../../guard/queries.ts'
import type { MailTokenRow } from '../../mail/mail-tokens.ts'

const { mailTokens, sessions, users } = tables
const { placeholder } = sql

export type UserRow = typeof users.$inferSelect
export type SessionRow = typeof sessions.$inferSelect
export type NewUser = Pick<typeof users.$inferInsert, 'id' | 'email' | 'username' | 'name' | 'passwordHash'>
export type NewSession = Omit<typeof sessions.$inferInsert, 'generation' | 'revokedAt'>

/** A user who tries to sign in. */
export interface Candidate {
  user: UserRow
  /** Whether a lock keeps this address out. */
  isLockedOut: boolean
}

/** The condition of the partial index, to the letter: a plan for any value could not use it otherwise. */
const signedInFromHere = sql`exists (
  select from auth_events
  where auth_events.user_id = ${users.id} and success and event_type in ('sign_up', 'log_in')
    and auth_events.ip_address <<= ${placeholder('network')}::inet
)`
const isLockedOut = sql<boolean>`coalesce(
  ${users.lockedUntil} > ${placeholder('now')}::timestamptz and not ${signedInFromHere}, false
)`

const statements = perDatabase((db) => ({
  userById: db
    .select()
    .from(users)
    .where(eq(users.id, placeholder('id')))
    .prepare('user_by_id'),
  byEmail: db
    .select({ user: users, isLockedOut })
    .from(users)
    .where(eq(users.email, placeholder('name')))
    .prepare('candidate_by_email'),
  byUsername: db
    .select({ user: users, isLockedOut })
    .from(users)
    .where(eq(users.username, placeholder('name')))
    .prepare('candidate_by_username'),
}))

export async function getUser(db: Db, id: string): Promise<UserRow | undefined> {
  const [row] = await statements(db).userById.execute({ id })
  return row
}

interface CandidateSearch {
  usernameOrEmail: string
  /** Where the attempt comes from, such as `192.0.2.1/32`. */
  network: string | undefined
  now: Date
}

/** Only an email contains `@`, so the two never meet. */
export async function findCandidate(
  db: Db,
  { usernameOrEmail, network, now }: CandidateSearch,
): Promise<Candidate | undefined> {
  const { byEmail, byUsername } = statements(db)
  const statement = usernameOrEmail.includes('@') ? byEmail : byUsername
  const [row] = await statement.execute({
    name: usernameOrEmail,
    network: network ?? null,
    now: now.toISOString(),
  })
  return row
}

/** Writes the user, the session, the event and the token of the mail: all or none. */
export async function insertUser(
  db: Db,
  rows: { user: NewUser; session: NewSession; event: AuthEvent; mailToken: MailTokenRow | undefined },
): Promise<UserRow> {
  return await db.transaction(async (tx) => {
    const [user] = await tx
      .insert(users)
      .values({ ...rows.user, lastLoginAt: rows.session.createdAt })
      .returning()
    if (!user) throw new Error('Inserting a user gave no row.')
    await tx.insert(sessions).values(rows.session)
    await insertEvent(tx, rows.event)
    if (rows.mailToken) await tx.insert(mailTokens).values(rows.mailToken)
    return user
  })
}

interface LogInRows {
  session: NewSession
  event: AuthEvent
  /** What the password was verified against. */
  verifiedHash: string
  /** Of the same password, where the stored one is of an older kind. */
  upgradedHash?: string | undefined
}

/**
 * Writes the log-in, its session and the event: all or none. Nothing for a user who is not active, or
 * whose password was changed just now.
 */
export async function insertSession(
  db: Db,
  { session, event, verifiedHash, upgradedHash }: LogInRows,
): Promise<UserRow | undefined> {
  return await db.transaction(async (tx) => {
    const [user] = await tx
      .update(users)
      .set({
        lastLoginAt: session.createdAt,
        failedLogIns: 0,
        ...(upgradedHash !== undefined && { passwordHash: upgradedHash }),
      })
      .where(and(eq(users.id, session.userId), users.isActive, eq(users.passwordHash, verifiedHash)))
      .returning()
    if (!user) return undefined
    await tx.insert(sessions).values(session)
    await insertEvent(tx, event)
    return user
  })
}

interface FailedLogIn {
  /** Whose count goes up. Any id for a failure that is not counted: it costs the same. */
  userId: string
  failuresMax: number
  lockedUntil: Date
  event: AuthEvent
  lockEvent: AuthEvent
}

/** Writes the failure, and the lock that it may lead to. */
export async function insertFailedLogIn(
  db: Db,
  { userId, failuresMax, lockedUntil, event, lockEvent }: FailedLogIn,
): Promise<void> {
  const count = sql`${users.failedLogIns} + 1`
  const until = sql.param(lockedUntil, users.lockedUntil)
  await db.transaction(async (tx) => {
    const [counted] = await tx
      .update(users)
      .set({
        failedLogIns: sql`case when ${count} >= ${failuresMax} then 0 else ${count} end`,
        lockedUntil: sql`case when ${count} >= ${failuresMax} then ${until}::timestamptz else ${users.lockedUntil} end`,
      })
      .where(eq(users.id, userId))
      .returning({ lockedUntil: users.lockedUntil })
    await insertEvent(tx, event)
    if (counted?.lockedUntil?.getTime() === lockedUntil.getTime()) await insertEvent(tx, lockEvent)
  })
}

/** A session and its user, also when the session has ended. */
export async function getSession(
  db: Db,
  sessionId: string,
): Promise<{ session: SessionRow; user: UserRow } | undefined> {
  const [row] = await db
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.id, sessionId))
  return row
}

interface Rotation {
  sessionId: string
  generation: number
  now: Date
  expiresAt: Date
  event: AuthEvent
}

/** Moves a session to its next refresh token, if `generation` is its present one, and writes the event. */
export async function rotateSession(
  db: Db,
  { sessionId, generation, now, expiresAt, event }: Rotation,
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const rotated = await tx
      .update(sessions)
      .set({
        generation: generation + 1,
        refreshedAt: now,
        expiresAt: sql`least(${sessions.endsAt}, ${sql.param(expiresAt, sessions.expiresAt)}::timestamptz)`,
      })
      .from(users)
      .where(
        and(
          eq(sessions.id, sessionId),
          eq(sessions.generation, generation),
          isNull(sessions.revokedAt),
          gt(sessions.expiresAt, now),
          eq(users.id, sessions.userId),
          users.isActive,
        ),
      )
      .returning({ id: sessions.id })
    if (rotated.length > 0) await insertEvent(tx, event)
    return rotated.length > 0
  })
}

/** Ends sessions and writes the event, if any ended or `always`: both or none. Gives those that ended. */
export async function endSessions(
  db: Db,
  { event, always = false, ...which }: SessionsToEnd & { event: AuthEvent; always?: boolean },
): Promise<string[]> {
  return await db.transaction(async (tx) => {
    const ended = await endSessionRows(tx, which)
    if (ended.length > 0 || always) await insertEvent(tx, event)
    return ended
  })
}
