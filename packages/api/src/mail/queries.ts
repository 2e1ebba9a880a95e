import { type Db, tables } from '@tasklane/db'
import { and, eq, gt } from 'drizzle-orm'
import type { MailTokenRow } from './mail-tokens.ts'

const { mailTokens, users } = tables

/** A token as it comes back from the mail. */
export interface MailTokenKey {
  tokenHash: Uint8Array
  purpose: MailTokenRow['purpose']
  now: Date
}

/** Chooses a token that was not used and has not expired. */
export function isGoodMailToken({ tokenHash, purpose, now }: MailTokenKey) {
  return and(
    eq(mailTokens.tokenHash, tokenHash),
    eq(mailTokens.purpose, purpose),
    gt(mailTokens.expiresAt, now),
  )
}

/**
 * Keeps a token in the place of earlier ones for the same purpose: the newest mail is the one that
 * works. Gives `false` when the user is gone. Call it in a transaction: it locks the user.
 */
export async function insertMailToken(tx: Db, row: MailTokenRow): Promise<boolean> {
  const { userId, purpose } = row
  const [user] = await tx
    .select({ id: users.id })
    .from(users)
    .where(eq(users.id, userId))
    .for('no key update')
  if (!user) return false
  await tx.delete(mailTokens).where(and(eq(mailTokens.userId, userId), eq(mailTokens.purpose, purpose)))
  await tx.insert(mailTokens).values(row)
  return true
}

/**
 * Uses a token up. Gives `undefined` for one that was used, has expired or never was. Call it in a
 * transaction: it locks the user, and before the token, as whoever makes one does.
 */
export async function takeMailToken(tx: Db, key: MailTokenKey): Promise<MailTokenRow | undefined> {
  await tx
    .select({ id: users.id })
    .from(users)
    .innerJoin(mailTokens, eq(mailTokens.userId, users.id))
    .where(isGoodMailToken(key))
    .for('no key update', { of: users })
  const [row] = await tx.delete(mailTokens).where(isGoodMailToken(key)).returning()
  return row
}

/** Makes every link that was sent to a user useless. */
export async function deleteMailTokens(db: Db, userId: string): Promise<void> {
  await db.delete(mailTokens).where(eq(mailTokens.userId, userId))
}
