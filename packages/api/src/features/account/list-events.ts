import type { Context } from '../../context.ts'
import { instantValue, readCursor, writeCursor } from '../../cursor.ts'
import type { EventList, ListEvents } from './contract.ts'
import { listEvents as listEventRows } from './export-queries.ts'

const cursors = { list: 'events', value: instantValue }

/** What happened at the gate to the caller's account, newest first. */
export async function listEvents(
  ctx: Context,
  { userId, limit, cursor }: ListEvents & { userId: string },
): Promise<EventList> {
  const after = cursor === undefined ? undefined : readCursor({ ...cursors, cursor })
  const rows = await listEventRows(ctx.db, { userId, after, limit: limit + 1 })
  const events = rows.slice(0, limit)
  const last = rows.length > limit ? events.at(-1) : undefined
  return {
    events,
    nextCursor: last ? writeCursor(cursors.list, { value: last.createdAt.toISOString(), id: last.id }) : null,
  }
}
