import { type Db, tables } from '@tasklane/db'
import { eq, sql } from 'drizzle-orm'
import type { AuthEvent } from './events.ts'

const { authEvents, users } = tables

/** A user who is gone by now is left out. */
export async function insertEvent(db: Db, { userId, ...event }: AuthEvent): Promise<void> {
  const stillThere = userId ? sql`(select ${users.id} from ${users} where ${users.id} = ${userId})` : null
  await db.insert(authEvents).values({ ...event, userId: stillThere })
}

/** Says how many refused calls a row stands for by now. */
export async function setEventCount(db: Db, { id, count }: { id: string; count: number }): Promise<void> {
  await db.update(authEvents).set({ count }).where(eq(authEvents.id, id))
}
