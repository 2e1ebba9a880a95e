import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { ListTasks, TaskSort } from './contract.ts'

const { tasks } = tables

export type TaskRow = typeof tasks.$inferSelect

/** Every look-up is by owner and id: another user's task cannot be told from none. */
export interface OwnedTask {
  id: string
  ownerId: string
}

/** What a caller may write. Absent is not written. */
export type TaskFields = { [Name in FieldName]?: TaskRow[Name] | undefined }

type FieldName = 'title' | 'description' | 'completed' | 'priority' | 'dueDate' | 'tags'

const { placeholder } = sql
const ownedBy = eq(tasks.userId, placeholder('ownerId'))
const isOwnTask = and(ownedBy, eq(tasks.id, placeholder('id')))
const isLiveOwnTask = and(isOwnTask, isNull(tasks.deletedAt))

const statements = perDatabase((db) => ({
  get: db.select().from(tasks).where(isLiveOwnTask).prepare('task_get'),
  getAny: db.select().from(tasks).where(isOwnTask).prepare('task_get_any'),
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
    .returning()
    .prepare('task_insert'),
  trash: db
    .update(tasks)
    .set({ deletedAt: sql`coalesce(${tasks.deletedAt}, now())` })
    .where(isOwnTask)
    .returning()
    .prepare('task_trash'),
  updates: keptBy((names: FieldName[]) => prepareUpdate(db, names)),
  pages: keptBy((page: PageKind) => preparePage(db, page)),
  counts: keptBy((filters: Filters) => prepareCount(db, filters)),
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

/** Gives `undefined` when the owner already has a task with this id. */
export async function insertTask(
  db: Db,
  task: OwnedTask & Pick<TaskRow, FieldName>,
): Promise<TaskRow | undefined> {
  const [row] = await statements(db).insert.execute({ ...task })
  return row
}

/** Writes the given fields. Version and `updatedAt` move only if one of them changes. */
export async function updateTask(
  db: Db,
  { fields, ...key }: OwnedTask & { fields: TaskFields },
): Promise<TaskRow | undefined> {
  const names = (Object.keys(fields) as FieldName[]).filter((name) => fields[name] !== undefined).sort()
  if (names.length === 0) return await getTask(db, key)
  const [row] = await statements(db)
    .updates(names)
    .execute({ ...fields, ...key })
  return row
}

/** Moves a task to the trash. One that is there already stays as it is. */
export async function trashTask(db: Db, key: OwnedTask): Promise<TaskRow | undefined> {
  const [row] = await statements(db).trash.execute({ ...key })
  return row
}

/** One page, and how many tasks its filters match on all pages. */
export async function listTasks(
  db: Db,
  { ownerId, ...list }: ListTasks & { ownerId: string },
): Promise<{ rows: TaskRow[]; total: number }> {
  const { sort, order, completed, priority } = list
  const filters = { byCompleted: completed !== undefined, byPriority: priority !== undefined }
  const page = statements(db).pages({ ...filters, sort, order })
  const count = statements(db).counts(filters)
  const values = { ...list, ownerId }
  const [rows, [counted]] = await Promise.all([page.execute(values), count.execute(values)])
  return { rows, total: counted?.total ?? 0 }
}

function prepareUpdate(db: Db, names: FieldName[]) {
  const set: Partial<Record<keyof TaskRow, SQL>> = {}
  for (const name of names) set[name] = sql`${sql.param(placeholder(name), tasks[name])}`
  if (names.includes('completed')) {
    set.completedAt = sql`case when ${placeholder('completed')}::boolean then coalesce(${tasks.completedAt}, now()) end`
  }
  return db
    .update(tasks)
    .set(set)
    .where(isLiveOwnTask)
    .returning()
    .prepare(`task_update_${names.join('_')}`)
}

/** Which filters a list has. Their values are parameters. */
interface Filters {
  byCompleted: boolean
  byPriority: boolean
}

interface PageKind extends Filters {
  sort: TaskSort
  order: 'asc' | 'desc'
}

function preparePage(db: Db, { sort, order, ...filters }: PageKind) {
  return db
    .select()
    .from(tasks)
    .where(matching(filters))
    .orderBy(...orderOf(sort, order))
    .limit(placeholder('limit'))
    .offset(placeholder('offset'))
    .prepare(`task_page_${sort}_${order}${nameOf(filters)}`)
}

function prepareCount(db: Db, filters: Filters) {
  return db
    .select({ total: sql<number>`count(*)::int` })
    .from(tasks)
    .where(matching(filters))
    .prepare(`task_count${nameOf(filters)}`)
}

function matching({ byCompleted, byPriority }: Filters): SQL | undefined {
  return and(
    ownedBy,
    isNull(tasks.deletedAt),
    byCompleted ? eq(tasks.completed, placeholder('completed')) : undefined,
    byPriority ? eq(tasks.priority, placeholder('priority')) : undefined,
  )
}

function nameOf({ byCompleted, byPriority }: Filters): string {
  return `${byCompleted ? '_completed' : ''}${byPriority ? '_priority' : ''}`
}

/** Written as the indexes are, or PostgreSQL would sort: nulls last, both ways. */
function orderOf(sort: TaskSort, order: 'asc' | 'desc'): SQL[] {
  const column = tasks[sort]
  if (order === 'asc') return [sql`${column} asc`, sql`${tasks.id} asc`]
  return column.notNull
    ? [sql`${column} desc`, sql`${tasks.id} desc`]
    : [sql`${column} desc nulls last`, sql`${tasks.id} desc nulls last`]
}

/** Makes a value once for each argument and keeps it. The arguments are few: names and flags, never values. */
function keptBy<Argument, Value>(make: (argument: Argument) => Value): (argument: Argument) => Value {
  const kept = new Map<string, Value>()
  return (argument) => {
    const key = JSON.stringify(argument)
    const value = kept.get(key) ?? make(argument)
    kept.set(key, value)
    return value
  }
}
