import { type Db, perDatabase, tables } from '@tasklane/db'
import { and, arrayContains, eq, gt, gte, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { ListTasks, TaskCounts, TaskSort } from './contract.ts'
import type { TaskRow } from './queries.ts'

const { lastWithoutValue, ownedWords, taskFields, tasks } = tables
const { description: _description, ...compactFields } = taskFields

/** Which tasks of the owner. */
export interface Filters
  extends Pick<ListTasks, 'completed' | 'priority' | 'tag' | 'dueBefore' | 'dueAfter' | 'dueOn' | 'overdue'> {
  ownerId: string
  today: string
  /** As text: not every driver takes a `Date`. */
  updatedSince: string | undefined
  isTrashed: boolean
  search: Search | undefined
}

export interface Search {
  text: string
  /** Whether so many match that it is faster to look through the tasks in their order than to sort the matches. */
  isBroad: boolean
}

export interface Page {
  sort: TaskSort
  order: 'asc' | 'desc'
  limit: number
  offset: number
  /** The last row of the page before. */
  after: { value: string | number; id: string } | undefined
  isCompact: boolean
  isHighlighted: boolean
}

/** A task of a page, and the value that the page is sorted by. */
export interface ListedRow {
  task: Omit<TaskRow, 'description'> & { description?: string | null }
  sortValue: string | number
  /** With the marks of `snippetMarks` around each word that was found. */
  snippet: string | null
}

/** Not characters, by definition: no text that is meant to be read has them. */
export const snippetMarks = { start: '\ufdd0', stop: '\ufdd1' }
/** Stands for `<` while the snippet is made. */
const lessThan = '\ufdd2'

type FilterName = Exclude<keyof Filters, 'search'>
type ParameterName = FilterName | 'text' | 'value' | 'id' | 'limit' | 'offset'
/** How a statement names a value: as a placeholder that is filled later, or as the value itself. */
type Parameter = (name: ParameterName) => SQL

/**
 * The lists that are asked for all the time are prepared once: no filter, or by state and priority. The
 * others are written anew each time, or a caller could fill the server's memory with their combinations.
 */
const statements = perDatabase((db) => ({
  all: prepareCountAll(db),
  pages: new Map<string, ReturnType<typeof preparePage>>(),
  counts: new Map<string, ReturnType<typeof prepareCount>>(),
}))

export async function listTasks(db: Db, filters: Filters, page: Page): Promise<ListedRow[]> {
  if (!isCommon(filters)) return await buildPage(db, filters, { page, parameter: valuesOf(filters, page) })
  const { pages } = statements(db)
  const name = ['task_page', page.sort, page.order, page.after && 'after', page.isCompact && 'compact']
  const key = nameOf([...name, ...filterNames(filters)])
  const prepared = pages.get(key) ?? preparePage(db, filters, { page, key })
  pages.set(key, prepared)
  return await prepared.execute(parametersOf(filters, page))
}

/** How many tasks the filters match. */
export async function countTasks(db: Db, filters: Filters): Promise<number> {
  if (!isCommon(filters)) {
    const [counted] = await buildCount(db, filters, valuesOf(filters))
    return counted?.total ?? 0
  }
  const { counts } = statements(db)
  const key = nameOf(['task_count', ...filterNames(filters)])
  const prepared = counts.get(key) ?? prepareCount(db, filters, key)
  counts.set(key, prepared)
  const [counted] = await prepared.execute(parametersOf(filters))
  return counted?.total ?? 0
}

/** The same, but counts no further than `max`: whoever wants to know whether there are so many need not know more. */
export async function countTasksUpTo(db: Db, filters: Filters, max: number): Promise<number> {
  const matches = db
    .select({ id: tasks.id })
    .from(tasks)
    .where(and(...conditionsOf(filters, valuesOf(filters))))
  // Materialized: for a limit the planner would rather read the whole table than the index.
  const [counted] = await db.select({ total: sql<number>`counted.total` }).from(sql`(
      with matches as materialized (${matches})
      select count(*)::integer as total from (select from matches limit ${max}) found
    ) counted`)
  return counted?.total ?? 0
}

/** How many tasks the owner has of each kind. */
export async function countAll(db: Db, values: { ownerId: string; today: string }): Promise<TaskCounts> {
  const [counted] = await statements(db).all.execute(values)
  const { total = 0, open = 0, completed = 0, overdue = 0, dueToday = 0, trashed = 0 } = counted ?? {}
  const { low = 0, medium = 0, high = 0, urgent = 0, none = 0 } = counted ?? {}
  return {
    ...{ total, open, completed, overdue, dueToday, trashed },
    byPriority: { low, medium, high, urgent, none },
  }
}

function prepareCountAll(db: Db) {
  const countWhere = (condition: SQL) => sql<number>`(count(*) filter (where ${condition}))::integer`
  const live = sql`${tasks.deletedAt} is null`
  const open = sql`${live} and not ${tasks.completed}`
  const today = sql`${sql.placeholder('today')}::date`
  return db
    .select({
      total: countWhere(live),
      open: countWhere(open),
      completed: countWhere(sql`${live} and ${tasks.completed}`),
      overdue: countWhere(sql`${open} and ${tasks.dueDate} < ${today}`),
      dueToday: countWhere(sql`${open} and ${tasks.dueDate} = ${today}`),
      trashed: countWhere(sql`${tasks.deletedAt} is not null`),
      low: countWhere(sql`${open} and ${tasks.priority} = 'low'`),
      medium: countWhere(sql`${open} and ${tasks.priority} = 'medium'`),
      high: countWhere(sql`${open} and ${tasks.priority} = 'high'`),
      urgent: countWhere(sql`${open} and ${tasks.priority} = 'urgent'`),
      none: countWhere(sql`${open} and ${tasks.priority} is null`),
    })
    .from(tasks)
    .where(eq(tasks.userId, sql.placeholder('ownerId')))
    .prepare('task_count_all')
}

function buildPage(db: Db, filters: Filters, { page, parameter }: { page: Page; parameter: Parameter }) {
  const { sort, order, after, isCompact, isHighlighted } = page
  const sortValue = sortValueOf(sort, order, parameter)
  const direction = sql.raw(order)
  return db
    .select({
      task: isCompact ? compactFields : taskFields,
      sortValue: sql<string | number>`${sortValue}`.mapWith(readSortValue[sort]),
      snippet: isHighlighted ? snippetOf(parameter) : sql<null>`null`,
    })
    .from(tasks)
    .where(and(...conditionsOf(filters, parameter), after && isBehind({ sort, order, sortValue, parameter })))
    .orderBy(sql`${sortValue} ${direction}`, sql`${tasks.id} ${direction}`)
    .limit(parameter('limit') as never)
    .offset(parameter('offset') as never)
}

function preparePage(db: Db, filters: Filters, { page, key }: { page: Page; key: string }) {
  return buildPage(db, filters, { page, parameter: placeholderOf }).prepare(key)
}

function prepareCount(db: Db, filters: Filters, key: string) {
  return buildCount(db, filters, placeholderOf).prepare(key)
}

function buildCount(db: Db, filters: Filters, parameter: Parameter) {
  return db
    .select({ total: sql<number>`count(*)::integer` })
    .from(tasks)
    .where(and(...conditionsOf(filters, parameter)))
}

function conditionsOf(filters: Filters, parameter: Parameter): (SQL | undefined)[] {
  const has = (name: FilterName) => filters[name] !== undefined
  const isOverdue = sql`(${tasks.dueDate} < ${parameter('today')}::date and not ${tasks.completed})`
  return [
    eq(tasks.userId, parameter('ownerId')),
    filters.isTrashed ? isNotNull(tasks.deletedAt) : isNull(tasks.deletedAt),
    has('completed') ? eq(tasks.completed, parameter('completed')) : undefined,
    has('priority') ? eq(tasks.priority, parameter('priority')) : undefined,
    has('tag') ? arrayContains(tasks.tags, sql`array[${parameter('tag')}::text]`) : undefined,
    has('dueBefore') ? lt(tasks.dueDate, parameter('dueBefore')) : undefined,
    has('dueAfter') ? gt(tasks.dueDate, parameter('dueAfter')) : undefined,
    has('dueOn') ? eq(tasks.dueDate, parameter('dueOn')) : undefined,
    has('overdue') ? (filters.overdue ? isOverdue : sql`${isOverdue} is not true`) : undefined,
    has('updatedSince') ? gte(tasks.updatedAt, parameter('updatedSince')) : undefined,
    filters.search && isMatch(filters.search, parameter),
  ]
}

const queryOf = (parameter: Parameter) => sql`websearch_to_tsquery('simple', ${parameter('text')}::text)`

/**
 * By the index of words, which finds the matches of this owner wherever they are; or, for words that
 * very many tasks have, row by row. A text without words matches nothing.
 */
function isMatch({ isBroad }: Search, parameter: Parameter): SQL {
  const query = queryOf(parameter)
  if (isBroad) return sql`${tasks.words} @@ ${query}`
  const isOwners = sql`quote_literal(${parameter('ownerId')}::text)::tsquery`
  return sql`(numnode(${query}) > 0 and (${ownedWords(tasks)}) @@ (${isOwners} && ${query}))`
}

function sortValueOf(sort: TaskSort, order: 'asc' | 'desc', parameter: Parameter): SQL {
  if (sort === 'relevance') return sql`ts_rank(${tasks.words}, ${queryOf(parameter)})`
  if (sort === 'dueDate' || sort === 'priority') return lastWithoutValue[sort][order](tasks)
  return sql`${tasks[sort]}`
}

/** PostgreSQL's type of what each list is sorted by. */
const sortTypes = {
  createdAt: sql`timestamptz`,
  updatedAt: sql`timestamptz`,
  dueDate: sql`date`,
  priority: sql`integer`,
  title: sql`text`,
  relevance: sql`real`,
} satisfies Record<TaskSort, SQL>

const asText = (value: unknown) => String(value)
const asInstant = (value: unknown) => new Date(String(value)).toISOString()

const readSortValue = {
  createdAt: asInstant,
  updatedAt: asInstant,
  dueDate: asText,
  priority: Number,
  title: asText,
  relevance: Number,
} satisfies Record<TaskSort, (value: unknown) => string | number>

interface Position {
  sort: TaskSort
  order: 'asc' | 'desc'
  sortValue: SQL
  parameter: Parameter
}

function isBehind({ sort, order, sortValue, parameter }: Position): SQL {
  const value = sql`${parameter('value')}::${sortTypes[sort]}`
  const operator = sql.raw(order === 'asc' ? '>' : '<')
  return sql`(${sortValue}, ${tasks.id}) ${operator} (${value}, ${parameter('id')}::uuid)`
}

/**
 * Two pieces of the text at most. What stands for a mark of ours is left out of it. PostgreSQL would leave
 * out what looks like HTML.
 */
function snippetOf(parameter: Parameter) {
  const { start, stop } = snippetMarks
  const whole = sql`concat_ws(E'\n', ${tasks.title}, ${tasks.description})`
  const text = sql`translate(${whole}, ${`<${start}${stop}${lessThan}`}, ${lessThan})`
  const options = `StartSel=${start}, StopSel=${stop}, MaxFragments=2, MaxWords=20, MinWords=5, FragmentDelimiter=" … "`
  return sql<string>`translate(ts_headline('simple', ${text}, ${queryOf(parameter)}, ${options}), ${lessThan}, '<')`
}

function isCommon({ ownerId, today, completed, priority, isTrashed, ...others }: Filters): boolean {
  return !isTrashed && Object.values(others).every((value) => value === undefined)
}

const filterNames = ({ completed, priority }: Filters) => [
  completed !== undefined && 'completed',
  priority !== undefined && 'priority',
]

const nameOf = (words: (string | false | object | undefined)[]) =>
  words.flatMap((word) => (word ? [typeof word === 'string' ? word : 'after'] : [])).join('_')

const placeholderOf: Parameter = (name) => sql`${sql.placeholder(name)}`

function parametersOf({ search, ...filters }: Filters, page?: Page): Record<string, unknown> {
  return { ...filters, text: search && readableSearch(search.text), ...page, ...page?.after }
}

/**
 * PostgreSQL cannot read a search that says some 30 times not, such as a dashed line, and takes what looks
 * like HTML for no words.
 */
function readableSearch(search: string): string {
  let dashes = 0
  return search.replaceAll(/[-<]/g, (mark) => (mark === '<' || ++dashes > dashesMax ? ' ' : mark))
}

const dashesMax = 20

function valuesOf(filters: Filters, page?: Page): Parameter {
  const parameters = parametersOf(filters, page)
  return (name) => sql`${parameters[name]}`
}
