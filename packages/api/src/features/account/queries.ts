import { type Db, tables, violatedConstraint } from '@tasklane/db'
import { and, eq, ne } from 'drizzle-orm'
import type { AuthEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import { endApiTokens, endSessions, lockSessions } from '../../guard/queries.ts'
import type { MailTokenRow } from '../../mail/mail-tokens.ts'
import { deleteMailTokens, insertMailToken, isGoodMailToken, takeMailToken } from '../../mail/queries.ts'

const { apiTokens, deletedIdentities, identities, mailTokens, sessions, taskFeeds, users } = tables

export type UserRow = typeof users.$inferSelect

/** An account that may sign in. */
export async function getAccount(db: Db, userId: string): Promise<UserRow | undefined> {
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.id, userId), users.isActive))
  return row
}

/** Also gives an account that may not sign in. */
export async function findAccount(db: Db, { email }: { email: string }): Promise<UserRow | undefined> {
  const [row] = await db.select().from(users).where(eq(users.email, email))
  return row
}

/** Whether another account has the address. */
export async function isEmailTaken(
  db: Db,
  { email, exceptUserId }: { email: string; exceptUserId: string },
): Promise<boolean> {
  const rows = await db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.email, email), ne(users.id, exceptUserId)))
  return rows.length > 0
}

interface ProfileChange {
  userId: string
  /** Absent is not written. */
  fields: { name?: string | null | undefined; username?: string | null | undefined }
  event: AuthEvent
}

/** Writes the profile and the event: both or none. */
export async function updateUser(
  db: Db,
  { userId, fields, event }: ProfileChange,
): Promise<UserRow | undefined> {
  return await db.transaction(async (tx) => {
    const [updated] = await tx.update(users).set(fields).where(eq(users.id, userId)).returning()
    if (updated) await insertEvent(tx, event)
    return updated
  })
}

interface MailRequest {
  row: MailTokenRow
  event: AuthEvent
  /** What the password was verified against, where one was asked for: it must still be that. */
  verifiedHash?: string | null | undefined
}

/** Writes the token of a mail and the event: both or, when the user is gone or has another password, none. */
export async function insertMailRequest(db: Db, { row, event, verifiedHash }: MailRequest): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const [user] = await tx
      .select({ passwordHash: users.passwordHash })
      .from(users)
      .where(eq(users.id, row.userId))
      .for('no key update')
    const isChanged = verifiedHash !== undefined && user?.passwordHash !== verifiedHash
    const isKept = !isChanged && (await insertMailToken(tx, row))
    if (isKept) await insertEvent(tx, event)
    return isKept
  })
}

type EventOf = (userId: string) => AuthEvent

interface Verification {
  tokenHash: Uint8Array
  now: Date
  event: EventOf
  /** For the case that another account has the address by now. */
  takenEvent: EventOf
}

export type Verified = { isTaken: true } | { isTaken: false; email: string; previousEmail: string | null }

/**
 * Uses the token up, sets the address that it was sent to, and writes the event: all or none. Other
 * links go with the old address. An address that is taken uses the token up, too.
 */
export async function setVerifiedEmail(
  db: Db,
  { tokenHash, now, event, takenEvent }: Verification,
): Promise<Verified | undefined> {
  // Made-up tokens cost a look, and no transaction.
  const isGood = isGoodMailToken({ tokenHash, purpose: 'verify_email', now })
  if ((await db.$count(mailTokens, isGood)) === 0) return undefined
  return await db.transaction(async (tx) => {
    const token = await takeMailToken(tx, { tokenHash, purpose: 'verify_email', now })
    const user = token && (await getAccount(tx, token.userId))
    if (!user) return undefined
    const { email } = token
    if (!(await isEmailSet(tx, { userId: user.id, email }))) {
      await insertEvent(tx, takenEvent(user.id))
      return { isTaken: true }
    }
    if (email !== user.email) await deleteMailTokens(tx, user.id)
    await insertEvent(tx, event(user.id))
    return { isTaken: false, email, previousEmail: user.email }
  })
}

/** In a transaction within the one given, which goes on when the address is taken. */
async function isEmailSet(tx: Db, { userId, email }: { userId: string; email: string }): Promise<boolean> {
  try {
    await tx.transaction(async (inner) => {
      await inner.update(users).set({ email, emailVerified: true }).where(eq(users.id, userId))
    })
    return true
  } catch (error) {
    if (violatedConstraint(error) !== 'users_email_key') throw error
    return false
  }
}

interface PasswordChange {
  userId: string
  /** The hash that the current password was verified with. */
  stored: string
  passwordHash: string
  exceptSessionId: string | undefined
  now: Date
  event: AuthEvent
}

/**
 * Writes the new hash in the place of the stored one, ends the sessions and the links that were
 * mailed, and writes the event: all or, when another hash is stored by now, none. Gives the sessions.
 */
export async function replacePassword(
  db: Db,
  { userId, stored, passwordHash, exceptSessionId, now, event }: PasswordChange,
): Promise<string[] | undefined> {
  return await db.transaction(async (tx) => {
    await lockSessions(tx, userId)
    const replaced = await tx
      .update(users)
      .set({ passwordHash })
      .where(and(eq(users.id, userId), eq(users.passwordHash, stored)))
      .returning({ id: users.id })
    if (replaced.length === 0) return undefined
    const ended = await endSessions(tx, { userId, exceptSessionId, now })
    await deleteMailTokens(tx, userId)
    await insertEvent(tx, event)
    return ended
  })
}

interface ResetKey {
  tokenHash: Uint8Array
  now: Date
}

/** Whose password a link may set: it was sent to the address that the account still has. */
export async function findResetAccount(db: Db, key: ResetKey): Promise<UserRow | undefined> {
  const [row] = await db
    .select({ user: users })
    .from(mailTokens)
    .innerJoin(users, and(eq(users.id, mailTokens.userId), eq(users.email, mailTokens.email), users.isActive))
    .where(isGoodMailToken({ ...key, purpose: 'reset_password' }))
  return row?.user
}

/**
 * Uses the link up, sets the password, ends every session and API token, and writes the event: all
 * or, when the link is good no more, none. Whoever used it reads the mailbox, so the address is confirmed.
 */
export async function resetPassword(
  db: Db,
  { tokenHash, now, passwordHash, event }: ResetKey & { passwordHash: string; event: AuthEvent },
): Promise<{ email: string; sessionIds: string[]; tokenIds: string[] } | undefined> {
  return await db.transaction(async (tx) => {
    const token = await takeMailToken(tx, { tokenHash, purpose: 'reset_password', now })
    if (!token) return undefined
    const { userId, email } = token
    const reset = await tx
      .update(users)
      .set({ passwordHash, emailVerified: true, failedLogIns: 0, lockedUntil: null })
      .where(and(eq(users.id, userId), eq(users.email, email), users.isActive))
      .returning({ id: users.id })
    if (reset.length === 0) return undefined
    const sessionIds = await endSessions(tx, { userId, now })
    const tokenIds = await endApiTokens(tx, { userId, now })
    await deleteMailTokens(tx, userId)
    await insertEvent(tx, event)
    return { email, sessionIds, tokenIds }
  })
}

interface Deletion {
  /** What the password was verified against: it must still be that. */
  verifiedHash: string | null
  userId: string
  hashIdentity: (identity: { issuer: string; subject: string }) => Uint8Array
  now: Date
  event: AuthEvent
}

/** Deletes the user and, by the keys, all that it owns, keeps the hashes of its identities, and writes the event. */
export async function deleteUser(
  db: Db,
  { userId, verifiedHash, hashIdentity, now, event }: Deletion,
): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const [user] = await tx
      .select({ passwordHash: users.passwordHash })
      .from(users)
      .where(eq(users.id, userId))
    if (user?.passwordHash !== verifiedHash) return false
    const known = await tx.select().from(identities).where(eq(identities.userId, userId))
    // Whoever ends a session or writes a task locks that, or the feed of its tasks, before the user: so do we, or
    // two would wait for each other.
    await tx.delete(taskFeeds).where(eq(taskFeeds.userId, userId))
    await tx.delete(sessions).where(eq(sessions.userId, userId))
    await tx.delete(apiTokens).where(eq(apiTokens.userId, userId))
    const deleted = await tx.delete(users).where(eq(users.id, userId)).returning({ id: users.id })
    if (deleted.length === 0) return false
    const rows = known.map((identity) => ({ identityHash: hashIdentity(identity), deletedAt: now }))
    if (rows.length > 0) await tx.insert(deletedIdentities).values(rows).onConflictDoNothing()
    await insertEvent(tx, event)
    return true
  })
}
