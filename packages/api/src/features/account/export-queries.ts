import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, desc, eq, gt, sql } from 'drizzle-orm'
import type { Place } from '../../cursor.ts'

const { apiTokens, authEvents, identities, sessions, taskFields, tasks } = tables
const { placeholder } = sql

export type TaskRow = Pick<typeof tasks.$inferSelect, keyof typeof taskFields>

const eventFields = {
  id: authEvents.id,
  type: authEvents.eventType,
  success: authEvents.success,
  failureReason: authEvents.failureReason,
  ipAddress: authEvents.ipAddress,
  userAgent: authEvents.userAgent,
  count: authEvents.count,
  createdAt: authEvents.createdAt,
}
const isOwnEvent = eq(authEvents.userId, placeholder('userId'))
const isOlder = sql`(${authEvents.createdAt}, ${authEvents.id}) < (${placeholder('at')}::timestamptz, ${placeholder('id')}::uuid)`
const isOwnTask = eq(tasks.userId, placeholder('userId'))

const statements = perDatabase((db) => {
  const newestEvents = (name: string, isChosen = isOwnEvent) =>
    db
      .select(eventFields)
      .from(authEvents)
      .where(isChosen)
      .orderBy(desc(authEvents.createdAt), desc(authEvents.id))
      .limit(placeholder('limit'))
      .prepare(name)
  const tasksById = (name: string, isChosen = isOwnTask) =>
    db
      .select(taskFields)
      .from(tasks)
      .where(isChosen)
      .orderBy(tasks.id)
      .limit(placeholder('limit'))
      .prepare(name)
  return {
    events: newestEvents('own_events'),
    eventsAfter: newestEvents('own_events_after', and(isOwnEvent, isOlder)),
    tasks: tasksById('own_tasks'),
    tasksAfter: tasksById('own_tasks_after', and(isOwnTask, gt(tasks.id, placeholder('afterId')))),
  }
})

interface Page {
  userId: string
  /** The id of the last row before. Absent: from the start. */
  afterId: string | undefined
  limit: number
}

interface EventPage {
  userId: string
  /** The last event before. Absent: from the start. */
  after: Place<string> | undefined
  limit: number
}

/** What happened to the user, newest first. */
export async function listEvents(db: Db, { after, ...page }: EventPage) {
  const { events, eventsAfter } = statements(db)
  if (!after) return await events.execute({ ...page })
  return await eventsAfter.execute({ ...page, id: after.id, at: after.value })
}

/** Every task of the user by id, those in the trash too. */
export async function listAllTasks(db: Db, { afterId, ...page }: Page): Promise<TaskRow[]> {
  const { tasks: first, tasksAfter } = statements(db)
  return afterId === undefined
    ? await first.execute({ ...page })
    : await tasksAfter.execute({ ...page, afterId })
}

/** The ways in that the user has or had, the newest of each. */
export async function getCredentials(db: Db, { userId, limit }: { userId: string; limit: number }) {
  return {
    identities: await db
      .select()
      .from(identities)
      .where(eq(identities.userId, userId))
      .orderBy(desc(identities.createdAt))
      .limit(limit),
    sessions: await db
      .select()
      .from(sessions)
      .where(eq(sessions.userId, userId))
      .orderBy(desc(sessions.id))
      .limit(limit),
    apiTokens: await db
      .select()
      .from(apiTokens)
      .where(eq(apiTokens.userId, userId))
      .orderBy(desc(apiTokens.id))
      .limit(limit),
  }
}
