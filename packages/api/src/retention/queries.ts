import { type Db, tables } from '@tasklane/db'
import { lt, or, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
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
    deleteBatch(db, { table: authEvents, chosen: lt(authEvents.id, firstIdOf(before)), rowsMax }),
  sessions: (db: Db, { before, rowsMax }: Old) =>
    deleteBatch(db, {
      table: sessions,
      chosen: or(lt(sessions.revokedAt, before), lt(sessions.expiresAt, before)),
      rowsMax,
    }),
  mailTokens: (db: Db, { before, rowsMax }: Old) =>
    deleteBatch(db, { table: mailTokens, chosen: lt(mailTokens.expiresAt, before), rowsMax }),
  apiTokens: (db: Db, { before, rowsMax }: Old) =>
    deleteBatch(db, {
      table: apiTokens,
      chosen: or(lt(apiTokens.revokedAt, before), lt(apiTokens.expiresAt, before)),
      rowsMax,
    }),
  idempotencyKeys: (db: Db, { before, rowsMax }: Old) =>
    deleteBatch(db, { table: idempotencyKeys, chosen: lt(idempotencyKeys.createdAt, before), rowsMax }),
}

interface Batch {
  table: PgTable
  chosen: SQL | undefined
  rowsMax: number
}

/** By the place of each row in the table, where it stays while it is locked: not every table has one column for a key. */
async function deleteBatch(db: Db, { table, chosen, rowsMax }: Batch): Promise<number> {
  const place = sql`ctid`
  // As an array, which PostgreSQL makes once. A sub-select it may run again, and lock other rows then.
  const places = db
    .select({ place })
    .from(table)
    .where(chosen)
    .limit(rowsMax)
    .for('update', { skipLocked: true })
  const gone = await db.delete(table).where(sql`ctid = any(array(${places}))`).returning({ place })
  return gone.length
}
