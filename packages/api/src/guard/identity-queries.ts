import { type Db, perDatabase, tables, violatedConstraint } from '@tasklane/db'
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import type { AuthEvent } from '../audit/events.ts'
import { insertEvent } from '../audit/queries.ts'
import type { ForeignProfile } from './foreign-profile.ts'
import type { ForeignIdentity } from './foreign-tokens.ts'

const { authEvents, deletedIdentities, identities, users } = tables
const { placeholder } = sql

const userFields = {
  userId: users.id,
  email: users.email,
  emailVerified: users.emailVerified,
  isActive: users.isActive,
}

const isIdentity = ({ issuer, subject }: Pick<ForeignIdentity, 'issuer' | 'subject'>) =>
  and(eq(identities.issuer, issuer), eq(identities.subject, subject))

/** Our user behind a foreign identity. */
export interface IdentityUser {
  userId: string
  email: string | null
  emailVerified: boolean
  isActive: boolean
}

interface KnownIdentity extends IdentityUser {
  /** Of the newest token whose profile was taken over. */
  profileIssuedAt: Date | null
}

const statements = perDatabase((db) => ({
  find: db
    .select({ ...userFields, profileIssuedAt: identities.profileIssuedAt })
    .from(identities)
    .innerJoin(users, eq(users.id, identities.userId))
    .where(and(eq(identities.issuer, placeholder('issuer')), eq(identities.subject, placeholder('subject'))))
    .prepare('identity_find'),
  findDeleted: db
    .select({ hash: deletedIdentities.identityHash })
    .from(deletedIdentities)
    .where(eq(deletedIdentities.identityHash, placeholder('hash')))
    .prepare('identity_find_deleted'),
}))

export async function findIdentity(
  db: Db,
  { issuer, subject }: Pick<ForeignIdentity, 'issuer' | 'subject'>,
): Promise<KnownIdentity | undefined> {
  const [row] = await statements(db).find.execute({ issuer, subject })
  return row
}

/** Whether the account of an identity was deleted. */
export async function isIdentityDeleted(db: Db, hash: Uint8Array): Promise<boolean> {
  const rows = await statements(db).findDeleted.execute({ hash })
  return rows.length > 0
}

type EventOf = (userId: string) => AuthEvent

export interface NewIdentity extends ForeignIdentity {
  /** Of the new user. */
  id: string
  /** What a deleted account would have left. */
  hash: Uint8Array
  events: { provisioned: EventOf; emailTaken: EventOf }
}

class NotInserted extends Error {}

/**
 * Makes a user for a foreign identity, without an email that another account has. Gives `undefined`
 * when the identity is there already, or was deleted.
 */
export async function insertIdentity(db: Db, identity: NewIdentity): Promise<KnownIdentity | undefined> {
  const { id, hash, issuer, subject, profile, issuedAt, events } = identity
  const insertAll = async (tx: Db): Promise<KnownIdentity> => {
    const values = { id, ...profile }
    const profileIssuedAt = isEmpty(profile) ? null : issuedAt
    const [whole] = await tx
      .insert(users)
      .values(values)
      .onConflictDoNothing({ target: users.email })
      .returning(userFields)
    const [user] = whole
      ? [whole]
      : await tx
          .insert(users)
          .values({ ...values, email: null, emailVerified: false })
          .returning(userFields)
    const [inserted] = await tx
      .insert(identities)
      .values({ issuer, subject, userId: id, profileIssuedAt })
      .onConflictDoNothing()
      .returning({ userId: identities.userId })
    // Looked at last: a deletion that is under way holds up the insert before it.
    if (!user || !inserted || (await isHashThere(tx, hash))) throw new NotInserted()
    await insertEvent(tx, events.provisioned(id))
    if (!whole) await insertEvent(tx, events.emailTaken(id))
    return { ...user, profileIssuedAt }
  }
  try {
    return await db.transaction(insertAll)
  } catch (error) {
    if (error instanceof NotInserted) return undefined
    throw error
  }
}

async function isHashThere(tx: Db, hash: Uint8Array): Promise<boolean> {
  const rows = await tx
    .select({ hash: deletedIdentities.identityHash })
    .from(deletedIdentities)
    .where(eq(deletedIdentities.identityHash, hash))
  return rows.length > 0
}

interface NewerProfile {
  user: KnownIdentity
  identity: ForeignIdentity
  emailTaken: EventOf
}

/**
 * Takes over what the token says of the user, unless this or a newer token has said it before. An email
 * that another account has is not taken over. Gives `undefined` when the user is gone by now.
 */
export async function updateProfile(
  db: Db,
  { user, identity, emailTaken }: NewerProfile,
): Promise<IdentityUser | undefined> {
  const { issuedAt, profile } = identity
  const isNewer = user.profileIssuedAt === null || user.profileIssuedAt < issuedAt
  if (!isNewer || isEmpty(profile)) return user
  return await db.transaction((tx) => writeProfile(tx, { user, identity, emailTaken }))
}

async function writeProfile(
  tx: Db,
  { user: { userId }, identity, emailTaken }: NewerProfile,
): Promise<IdentityUser | undefined> {
  const isUser = eq(users.id, userId)
  // Whoever deletes a user locks it before its identities: so do we, or two would wait for each other.
  const [user] = await tx.select(userFields).from(users).where(isUser).for('no key update')
  if (!user) return undefined
  const { issuedAt, profile } = identity
  const isOlder = or(isNull(identities.profileIssuedAt), lt(identities.profileIssuedAt, issuedAt))
  const [newest] = await tx
    .update(identities)
    .set({ profileIssuedAt: issuedAt })
    .where(and(isIdentity(identity), isOlder))
    .returning({ userId: identities.userId })
  if (!newest) return user
  const { email = user.email, emailVerified = false, ...others } = profile
  const isNewEmail = email !== user.email
  const isTaken = isNewEmail && !(await isEmailSet(tx, { userId, email, emailVerified }))
  if (isTaken) await insertEventOnce(tx, emailTaken(userId))
  // What was verified here stays so, whatever the issuer knows of it.
  const fields = { ...others, ...(!isNewEmail && emailVerified && { emailVerified }) }
  if (!isEmpty(fields)) await tx.update(users).set(fields).where(isUser)
  return { ...user, email: isTaken ? user.email : email }
}

/** In a transaction within the one given, which goes on when the address is taken. */
async function isEmailSet(
  tx: Db,
  { userId, ...fields }: { userId: string; email: string | null; emailVerified: boolean },
): Promise<boolean> {
  try {
    await tx.transaction(async (inner) => {
      await inner.update(users).set(fields).where(eq(users.id, userId))
    })
    return true
  } catch (error) {
    if (violatedConstraint(error) !== 'users_email_key') throw error
    return false
  }
}

/** Every later token says the same again. */
async function insertEventOnce(tx: Db, event: AuthEvent): Promise<void> {
  const { userId, eventType, identifierHash } = event
  if (!userId || !identifierHash) return
  const [known] = await tx
    .select({ id: authEvents.id })
    .from(authEvents)
    .where(
      and(
        eq(authEvents.userId, userId),
        eq(authEvents.eventType, eventType),
        eq(authEvents.identifierHash, identifierHash),
      ),
    )
    .limit(1)
  if (!known) await insertEvent(tx, event)
}

function isEmpty(profile: ForeignProfile): boolean {
  return Object.keys(profile).length === 0
}
