import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'

const { taskFeeds, taskFields, tasks, taskTombstones } = tables

export type TaskRow = Pick<typeof tasks.$inferSelect, keyof typeof taskFields>

/** Every look-up is by owner and id: another user's task cannot be told from none. */
export interface OwnedTask {
  id: string
  ownerId: string
}

/** A task that is to be written, if it has the version that the caller expects. */
export interface ExpectedTask extends OwnedTask {
  expectedVersion: number | undefined
}

/** What a caller may write. Absent is not written. */
export type TaskFields = { [Name in FieldName]?: TaskRow[Name] | undefined }

export type TaskContent = Pick<TaskRow, FieldName>

type FieldName = 'title' | 'description' | 'completed' | 'priority' | 'dueDate' | 'tags'

const { placeholder } = sql
const ownedBy = eq(tasks.userId, placeholder('ownerId'))
const isOwnTask = and(ownedBy, eq(tasks.id, placeholder('id')))
const isLiveOwnTask = and(isOwnTask, isNull(tasks.deletedAt))
// As a bigint: a caller may expect a version that no task can have.
const hasExpectedVersion = sql`(${placeholder('expectedVersion')}::bigint is null or ${tasks.version} = ${placeholder('expectedVersion')}::bigint)`

/**
 * The owner's feed, locked. A write takes it before any task: two that lock in another order could wait
 * for each other for ever.
 */
const lockedFeed = (db: Db) =>
  db.$with('feed').as(
    db
      .select({ ownerId: taskFeeds.userId })
      .from(taskFeeds)
      .where(eq(taskFeeds.userId, placeholder('ownerId')))
      .for('no key update'),
  )

const statements = perDatabase((db) => ({
  get: db.select(taskFields).from(tasks).where(isLiveOwnTask).prepare('task_get'),
  getAny: db.select(taskFields).from(tasks).where(isOwnTask).prepare('task_get_any'),
  isOwn: db
    .select({ isOwn: sql<boolean>`${ownedBy}`.as('is_own') })
    .from(tasks)
    .where(eq(tasks.id, placeholder('id')))
    .orderBy(sql`is_own desc`)
    .limit(1)
    .prepare('task_is_own'),
  insert: db
    .insert(tasks)
    .values({
      userId: placeholder('ownerId'),
      id: placeholder('id'),
      title: placeholder('title'),
      description: placeholder('description'),
      completed: placeholder('completed'),
      completedAt: sql`case when ${placeholder('completed')}::boolean then now() end`,
      priority: placeholder('priority'),
      dueDate: placeholder('dueDate'),
      tags: placeholder('tags'),
    })
    .onConflictDoNothing()
    .returning(taskFields)
    .prepare('task_insert'),
  trash: prepareWrite(db, {
    name: 'task_trash',
    set: { deletedAt: sql`coalesce(${tasks.deletedAt}, now())` },
    where: isOwnTask,
  }),
  restore: prepareWrite(db, { name: 'task_restore', set: { deletedAt: sql`null` }, where: isOwnTask }),
  purge: preparePurge(db),
  getTombstone: db
    .select({ id: taskTombstones.id })
    .from(taskTombstones)
    .where(and(eq(taskTombstones.userId, placeholder('ownerId')), eq(taskTombstones.id, placeholder('id'))))
    .prepare('task_get_tombstone'),
  updates: new Map<string, ReturnType<typeof prepareUpdate>>(),
}))

export async function getTask(db: Db, key: OwnedTask): Promise<TaskRow | undefined> {
  const [row] = await statements(db).get.execute({ ...key })
  return row
}

/** Also gives a task that is in the trash. */
export async function getTaskOrTrash(db: Db, key: OwnedTask): Promise<TaskRow | undefined> {
  const [row] = await statements(db).getAny.execute({ ...key })
  return row
}

/** Whether others have a task with this id and the owner has none, not even in the trash. The one look-up that is not by owner. */
export async function isTaskOfOthers(db: Db, key: OwnedTask): Promise<boolean> {
  const [task] = await statements(db).isOwn.execute({ ...key })
  return task !== undefined && !task.isOwn
}

/** Gives `undefined` when the owner already has a task with this id. */
export async function insertTask(db: Db, task: OwnedTask & TaskContent): Promise<TaskRow | undefined> {
  const [row] = await statements(db).insert.execute({ ...task })
  return row
}

/** Inserts many at once, and gives those whose id the owner did not have. */
export async function insertTasks(db: Db, all: readonly (OwnedTask & TaskContent)[]): Promise<TaskRow[]> {
  const values = all.map(({ ownerId: userId, ...task }) => ({
    ...task,
    userId,
    completedAt: task.completed ? sql`now()` : null,
  }))
  return await db.insert(tasks).values(values).onConflictDoNothing().returning(taskFields)
}

/** Those of them that the owner has, also in the trash. */
export async function listTasksById(db: Db, keys: readonly OwnedTask[]): Promise<TaskRow[]> {
  const [first] = keys
  if (!first) return []
  const ids = keys.map(({ id }) => id)
  return await db
    .select(taskFields)
    .from(tasks)
    .where(and(eq(tasks.userId, first.ownerId), inArray(tasks.id, ids)))
}

/** Writes the given fields. Version and `updatedAt` move only if one of them changes. */
export async function updateTask(
  db: Db,
  { fields, ...key }: ExpectedTask & { fields: TaskFields },
): Promise<TaskRow | undefined> {
  const names = (Object.keys(fields) as FieldName[]).filter((name) => fields[name] !== undefined).sort()
  if (names.length === 0) return await getExpected(db, key)
  const { updates } = statements(db)
  const name = `task_update_${names.join('_')}`
  const update = updates.get(name) ?? prepareUpdate(db, { name, names })
  updates.set(name, update)
  const [row] = await update.execute({ ...fields, ...withNull(key) })
  return row
}

/** Moves a task to the trash. One that is there already stays as it is. */
export async function trashTask(db: Db, key: ExpectedTask): Promise<TaskRow | undefined> {
  const [row] = await statements(db).trash.execute(withNull(key))
  return row
}

/** Takes a task out of the trash. One that is not there stays as it is. */
export async function restoreTask(db: Db, key: ExpectedTask): Promise<TaskRow | undefined> {
  const [row] = await statements(db).restore.execute(withNull(key))
  return row
}

/** Deletes a task in the trash for good. What remains is a tombstone for those who have not read of it. */
export async function purgeTask(db: Db, key: ExpectedTask): Promise<boolean> {
  return (await statements(db).purge.execute(withNull(key))).length > 0
}

export async function isPurged(db: Db, key: OwnedTask): Promise<boolean> {
  return (await statements(db).getTombstone.execute({ ...key })).length > 0
}

async function getExpected(db: Db, { expectedVersion, ...key }: ExpectedTask): Promise<TaskRow | undefined> {
  const row = await getTask(db, key)
  return expectedVersion === undefined || row?.version === expectedVersion ? row : undefined
}

function withNull({ id, ownerId, expectedVersion = undefined }: ExpectedTask) {
  return { id, ownerId, expectedVersion: expectedVersion ?? null }
}

interface Write {
  name: string
  set: Partial<Record<keyof TaskRow, SQL>>
  where: SQL | undefined
}

function prepareWrite(db: Db, { name, set, where }: Write) {
  const feed = lockedFeed(db)
  return db
    .with(feed)
    .update(tasks)
    .set(set)
    .from(feed)
    .where(and(where, eq(tasks.userId, feed.ownerId), hasExpectedVersion))
    .returning(taskFields)
    .prepare(name)
}

function prepareUpdate(db: Db, { name, names }: { name: string; names: FieldName[] }) {
  const set: Write['set'] = {}
  for (const each of names) set[each] = sql`${sql.param(placeholder(each), tasks[each])}`
  if (names.includes('completed')) {
    set.completedAt = sql`case when ${placeholder('completed')}::boolean then coalesce(${tasks.completedAt}, now()) end`
  }
  return prepareWrite(db, { name, set, where: isLiveOwnTask })
}

function preparePurge(db: Db) {
  const feed = lockedFeed(db)
  const isInTrash = sql`${tasks.deletedAt} is not null`
  const isOwners = sql`${tasks.userId} = (select ${feed.ownerId} from ${feed})`
  const purged = db.$with('purged').as(
    db
      .delete(tasks)
      .where(and(isOwnTask, isOwners, isInTrash, hasExpectedVersion))
      .returning({
        userId: tasks.userId,
        id: tasks.id,
        seq: tasks.seq,
        purgedAt: sql<Date>`now()`.as('purged_at'),
      }),
  )
  return db
    .with(feed, purged)
    .insert(taskTombstones)
    .select(db.select().from(purged))
    .returning({ id: taskTombstones.id })
    .prepare('task_purge')
}
