import { type Db, tables } from '@tasklane/db'
import { and, eq, inArray, lt, sql } from 'drizzle-orm'

const { taskFeeds, tasks, taskTombstones } = tables

/** What of an owner is so old that it goes: tasks in the trash, and tombstones of purged ones. */
interface OldDeletions {
  ownerId: string
  before: Date
  /** Rows of each kind in one statement. */
  rowsMax: number
}

export interface ForgottenDeletions {
  tasks: number
  taskTombstones: number
}

/** Some who have deletions that are older. */
export async function listOwnersOfOldDeletions(
  db: Db,
  { before, ownersMax }: { before: Date; ownersMax: number },
): Promise<string[]> {
  const ofTrash = db.selectDistinct({ id: tasks.userId }).from(tasks).where(lt(tasks.deletedAt, before))
  const ofTombstones = db
    .selectDistinct({ id: taskTombstones.userId })
    .from(taskTombstones)
    .where(lt(taskTombstones.purgedAt, before))
  const owners = await ofTrash.union(ofTombstones).limit(ownersMax)
  return owners.map(({ id }) => id)
}

/**
 * Deletes one batch, and marks in the feed up to where deletions are forgotten, so that whoever has read
 * less is told to start again. Gives `undefined` while somebody else writes tasks of this owner.
 */
export async function forgetOldDeletions(
  db: Db,
  { ownerId, before, rowsMax }: OldDeletions,
): Promise<ForgottenDeletions | undefined> {
  const feed = db
    .$with('feed')
    .as(
      db
        .select({ ownerId: taskFeeds.userId })
        .from(taskFeeds)
        .where(eq(taskFeeds.userId, ownerId))
        .for('no key update', { skipLocked: true }),
    )
  const owner = sql`(select ${feed.ownerId} from ${feed})`
  const isOldTrash = and(sql`${tasks.userId} = ${owner}`, lt(tasks.deletedAt, before))
  const isOldTombstone = and(sql`${taskTombstones.userId} = ${owner}`, lt(taskTombstones.purgedAt, before))
  const trash = db.$with('trash').as(
    db
      .delete(tasks)
      .where(
        and(
          isOldTrash,
          inArray(tasks.id, db.select({ id: tasks.id }).from(tasks).where(isOldTrash).limit(rowsMax)),
        ),
      )
      .returning({ seq: tasks.seq }),
  )
  const tombstones = db.$with('tombstones').as(
    db
      .delete(taskTombstones)
      .where(
        and(
          isOldTombstone,
          inArray(
            taskTombstones.id,
            db.select({ id: taskTombstones.id }).from(taskTombstones).where(isOldTombstone).limit(rowsMax),
          ),
        ),
      )
      .returning({ seq: taskTombstones.seq }),
  )
  const newestForgotten = sql`(select max(seq) from (table ${trash} union all table ${tombstones}) gone)`
  const [counts] = await db
    .with(feed, trash, tombstones)
    .update(taskFeeds)
    .set({ forgottenSeq: sql`greatest(${taskFeeds.forgottenSeq}, ${newestForgotten})` })
    .where(sql`${taskFeeds.userId} = ${owner}`)
    .returning({
      tasks: sql<number>`(select count(*)::integer from ${trash})`,
      taskTombstones: sql<number>`(select count(*)::integer from ${tombstones})`,
    })
  return counts
}
