import { type Db, tables } from '@tasklane/db'
import { eq } from 'drizzle-orm'
import type { AuthEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import { endSessions, lockSessions } from '../../guard/queries.ts'

const { users } = tables

interface Activity {
  userId: string
  isActive: boolean
  now: Date
  event: AuthEvent
}

/**
 * Lets a user sign in, or ends every session and lets the user sign in no more, and writes the event
 * if that is a change: all or none. Gives the sessions, or `undefined` when there is no such user.
 */
export async function setActivity(
  db: Db,
  { userId, isActive, now, event }: Activity,
): Promise<string[] | undefined> {
  return await db.transaction(async (tx) => {
    if (!isActive) await lockSessions(tx, userId)
    const [user] = await tx
      .select({ wasActive: users.isActive })
      .from(users)
      .where(eq(users.id, userId))
      .for('no key update')
    if (!user) return undefined
    const ended = isActive ? [] : await endSessions(tx, { userId, now })
    if (user.wasActive === isActive) return ended
    await tx.update(users).set({ isActive }).where(eq(users.id, userId))
    await insertEvent(tx, event)
    return ended
  })
}
