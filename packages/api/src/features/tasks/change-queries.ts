import { type Db, perDatabase, tables } from '@tasklane/db'
import { eq, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { TaskRow } from './queries.ts'

const { taskFeeds, taskFields, tasks, taskTombstones } = tables
const { placeholder } = sql

/** A change, and where its feed stood when it was read. Without a task: the feed alone. */
export interface ChangeRow {
  feedSeq: number
  /** Deletions up to this one are no longer told. */
  forgottenSeq: number
  seq: number | null
  /** Of a purged task, only its key is known. */
  task: { [Name in keyof TaskRow]: TaskRow[Name] | null }
}

const statements = perDatabase((db) => ({
  changes: prepareChanges(db),
  position: db
    .select({ seq: taskFeeds.seq })
    .from(taskFeeds)
    .where(eq(taskFeeds.userId, placeholder('ownerId')))
    .prepare('task_feed_position'),
}))

/** The number of the owner's last change. 0 before the first. */
export async function getFeedPosition(db: Db, ownerId: string): Promise<number> {
  const [feed] = await statements(db).position.execute({ ownerId })
  return feed?.seq ?? 0
}

/** The changes after `since` in their order, and where the feed stands, of one and the same moment. */
export async function listChanges(
  db: Db,
  page: { ownerId: string; since: number; limit: number },
): Promise<ChangeRow[]> {
  return await statements(db).changes.execute({ ...page })
}

/** One row at least if the owner ever had a task. */
function prepareChanges(db: Db) {
  const columns: [string, PgColumn][] = Object.entries(taskFields)
  const changed = [...columns.map(([, column]) => column.name), 'seq']
  const tombstone: Record<string, PgColumn> = {
    id: taskTombstones.id,
    user_id: taskTombstones.userId,
    seq: taskTombstones.seq,
    deleted_at: taskTombstones.purgedAt,
  }
  const isNew = (seq: PgColumn, userId: PgColumn) =>
    sql`${userId} = ${taskFeeds.userId} and ${seq} > ${placeholder('since')}`
  const pageOf = (fields: SQL[], from: SQL) =>
    sql`(select ${sql.join(fields, sql`, `)} from ${from} order by seq limit ${placeholder('limit')})`
  const live = pageOf(
    changed.map((name) => sql.identifier(name)).map((name) => sql`${name}`),
    sql`${tasks} where ${isNew(tasks.seq, tasks.userId)}`,
  )
  const purged = pageOf(
    changed.map((name) => (tombstone[name] ? sql`${tombstone[name]}` : sql`null`)),
    sql`${taskTombstones} where ${isNew(taskTombstones.seq, taskTombstones.userId)}`,
  )
  const change = sql`(${live} union all ${purged} order by seq limit ${placeholder('limit')}) as change`
  const task = Object.fromEntries(
    columns.map(([name, column]) => [name, sql`change.${sql.identifier(column.name)}`.mapWith(column)]),
  ) as { [Name in keyof TaskRow]: SQL<TaskRow[Name] | null> }

  return db
    .select({
      feedSeq: taskFeeds.seq,
      forgottenSeq: taskFeeds.forgottenSeq,
      seq: sql<number | null>`change.seq`.mapWith(tasks.seq),
      task,
    })
    .from(taskFeeds)
    .leftJoin(sql`lateral ${change}`, sql`true`)
    .where(eq(taskFeeds.userId, placeholder('ownerId')))
    .orderBy(sql`change.seq`)
    .prepare('task_changes')
}
