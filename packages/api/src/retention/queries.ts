import { type Db, tables } from '@tasklane/db'
import { lt, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { firstIdOf } from './first-id-of.ts'

const { apiTokens, authEvents, idempotencyKeys, mailTokens, sessions } = tables

/** Which rows go: those of a kind that are older. */
interface Old {
  before: Date
  /** Rows of one statement. */
  rowsMax: number
}

/** Each deletes one batch and gives how many rows went. Rows that another process deletes are passed over. */
export const deleteOld = {
  authEvents: (db: Db, { before, rowsMax }: Old) =>
    // By the time within the id: the primary key finds them.
    deleteBatch(db, { key: authEvents.id, chosen: lt(authEvents.id, firstIdOf(before)), rowsMax }),
  sessions: (db: Db, { before, rowsMax }: Old) =>
    deleteBatch(db, {
      key: sessions.id,
      chosen: or(lt(sessions.revokedAt, before), lt(sessions.expiresAt, before)),
      rowsMax,
    }),
  mailTokens: (db: Db, { before, rowsMax }: Old) =>
    deleteBatch(db, { key: mailTokens.tokenHash, chosen: lt(mailTokens.expiresAt, before), rowsMax }),
  apiTokens: (db: Db, { before, rowsMax }: Old) =>
    deleteBatch(db, {
      key: apiTokens.id,
      chosen: or(lt(apiTokens.revokedAt, before), lt(apiTokens.expiresAt, before)),
      rowsMax,
    }),
  idempotencyKeys: async (db: Db, { before, rowsMax }: Old) => {
    const places = db
      .select({ place: sql`ctid` })
      .from(idempotencyKeys)
      .where(lt(idempotencyKeys.createdAt, before))
      .limit(rowsMax)
      .for('update', { skipLocked: true })
    const isChosen = sql`ctid = any(array(${places}))`
    const gone = await db.delete(idempotencyKeys).where(isChosen).returning({ key: idempotencyKeys.key })
    return gone.length
  },
}

interface Batch {
  key: PgColumn
  chosen: SQL | undefined
  rowsMax: number
}

async function deleteBatch(db: Db, { key, chosen, rowsMax }: Batch): Promise<number> {
  const table = key.table as PgTable
  // As an array, which PostgreSQL makes once. A sub-select it may run again, and lock other rows then.
  const keys = db.select({ key }).from(table).where(chosen).limit(rowsMax).for('update', { skipLocked: true })
  const gone = await db.delete(table).where(sql`${key} = any(array(${keys}))`).returning({ key })
  return gone.length
}
