import { type Db, tables } from '@tasklane/db'
import { eq, inArray } from 'drizzle-orm'

const { users } = tables

export type UserKey = { id: string } | { email: string } | { username: string }

/** What an account may do, and how it is known. */
export type UserStanding = Pick<typeof users.$inferSelect, 'id' | 'email' | 'username' | 'role' | 'isActive'>

/** Finds a user and keeps others from changing it, a log-in too, until the transaction ends. */
export async function lockUser(tx: Db, key: UserKey): Promise<UserStanding | undefined> {
  const { id, email, username, role, isActive } = users
  const [row] = await tx
    .select({ id, email, username, role, isActive })
    .from(users)
    .where(isUser(key))
    .for('update')
  return row
}

function isUser(key: UserKey) {
  if ('id' in key) return eq(users.id, key.id)
  return 'email' in key ? eq(users.email, key.email) : eq(users.username, key.username)
}

export async function updateStanding(
  tx: Db,
  { id, role, isActive }: Pick<UserStanding, 'id' | 'role' | 'isActive'>,
): Promise<void> {
  await tx.update(users).set({ role, isActive }).where(eq(users.id, id))
}

/** An account of another backend. Its hash must be one that the password hasher reads. */
export type ImportedUser = Pick<
  typeof users.$inferInsert,
  'id' | 'email' | 'username' | 'name' | 'passwordHash' | 'emailVerified' | 'createdAt'
>

/** What became of it. Only `added` changed anything. */
export type ImportedUserOutcome = 'added' | 'present' | 'username_taken'

/**
 * Inserts the accounts whose email and username are both free, in one transaction, and says in their
 * order what became of each: an account with this email, or without one with this username, is present.
 */
export async function insertImportedUsers(db: Db, rows: ImportedUser[]): Promise<ImportedUserOutcome[]> {
  if (rows.length === 0) return []
  return await db.transaction(async (tx) => {
    const inserted = await tx.insert(users).values(rows).onConflictDoNothing().returning({ id: users.id })
    const added = new Set(inserted.map(({ id }) => id))
    const others = rows.filter(({ id }) => !added.has(id))
    const emails = await takenEmails(tx, others)
    return rows.map(({ id, email }) => {
      if (added.has(id)) return 'added'
      return email == null || emails.has(email) ? 'present' : 'username_taken'
    })
  })
}

async function takenEmails(tx: Db, rows: ImportedUser[]): Promise<Set<string | null>> {
  const emails = rows.map(({ email }) => email).filter((email) => email != null)
  if (emails.length === 0) return new Set()
  const taken = await tx.select({ email: users.email }).from(users).where(inArray(users.email, emails))
  return new Set(taken.map(({ email }) => email))
}
