import { z } from 'zod'
import type { Context } from '../../context.ts'
import { instantValue, readCursor, writeCursor } from '../../cursor.ts'
import { DueDate, type ListedTask, type ListTasks, type TaskList, type TaskSort } from './contract.ts'
import { dayOf } from './day-of.ts'
import {
  countTasks,
  countTasksUpTo,
  type Filters,
  type ListedRow,
  listTasks as listRows,
  type Page,
} from './list-queries.ts'
import { readSnippet } from './read-snippet.ts'

/** A search that matches more is not ranked, but newest first: its words tell too little. */
const rankedMax = 2000

/** One page of the caller's tasks, how many there are, and where the next page begins. */
export async function listTasks(
  ctx: Context,
  { ownerId, ...input }: ListTasks & { ownerId: string },
): Promise<TaskList> {
  ctx.room.takeTasks(input.limit)
  const { cursor, limit, includeTotal = cursor === undefined } = input
  const list = listNameOf(input)
  const place = cursor === undefined ? undefined : readPlace(list, { cursor, sort: sortOf(input) })
  const filters = filtersOf(ctx, { ...input, ownerId })
  const counting = includeTotal
    ? countTasks(ctx.db, filters)
    : filters.search && !place
      ? countTasksUpTo(ctx.db, filters, rankedMax + 1)
      : undefined
  if (filters.search) filters.search.isBroad = place?.isBroad ?? ((await counting) ?? 0) > rankedMax
  const page = { ...pageOf(input, filters), after: place }
  const [found, total] = await Promise.all([listRows(ctx.db, filters, page), counting])
  const rows = found.slice(0, limit)
  ctx.room.takeText(rows.reduce((length, { task }) => length + (task.description?.length ?? 0), 0))
  const last = found.length > limit ? rows.at(-1) : undefined
  return {
    tasks: rows.map(listedTask),
    nextCursor: last ? writePlace(list, { last, isBroad: filters.search?.isBroad ?? false }) : null,
    limit,
    ...(includeTotal && { total }),
    ...(cursor === undefined && { offset: page.offset }),
  }
}

function sortOf({ sort, search }: ListTasks): TaskSort {
  return sort ?? (search === undefined ? 'createdAt' : 'relevance')
}

function pageOf(input: ListTasks, { search }: Filters): Omit<Page, 'after'> {
  const sort = sortOf(input)
  const isRanked = sort === 'relevance'
  return {
    sort: isRanked && search?.isBroad ? 'createdAt' : sort,
    order: isRanked ? 'desc' : input.order,
    limit: input.limit + 1,
    offset: input.offset ?? 0,
    isCompact: input.fields === 'compact',
    isHighlighted: input.highlight,
  }
}

function filtersOf(ctx: Context, input: ListTasks & { ownerId: string }): Filters {
  const { ownerId, completed, priority, tag, dueBefore, dueAfter, dueOn, overdue } = input
  return {
    ...{ ownerId, completed, priority, tag, dueBefore, dueAfter, dueOn, overdue },
    updatedSince: input.updatedSince?.toISOString(),
    today: input.today ?? dayOf(ctx.now()),
    isTrashed: input.trashed,
    search: input.search === undefined ? undefined : { text: input.search, isBroad: false },
  }
}

/** What makes two lists one: everything but where a page of it begins, and what it shows of each task. */
function listNameOf({ cursor, limit, offset, includeTotal, fields, highlight, ...list }: ListTasks): string {
  const { order, ...others } = list
  const sort = sortOf(list as ListTasks)
  const all = { ...others, sort, order: sort === 'relevance' ? 'desc' : order }
  const given = Object.entries(all).filter(([, value]) => value !== undefined)
  return `tasks ${JSON.stringify(given.sort(([one], [other]) => (one < other ? -1 : 1)))}`
}

/** All that PostgreSQL can read as what the list is sorted by. */
const sortValues = {
  createdAt: instantValue,
  updatedAt: instantValue,
  dueDate: z.union([DueDate, z.literal(['infinity', '-infinity'])]),
  priority: z.int().min(0).max(5),
  title: z.string().refine((title) => !title.includes('\0')),
  relevance: z.union([z.literal(0), z.number().min(1e-30).max(1e30)]),
} satisfies Record<TaskSort, z.ZodType<string | number>>

interface PlaceReading {
  cursor: string
  sort: TaskSort
}

/** A broad search has cursors of its own kind: it stays broad on its later pages. */
function readPlace(list: string, { cursor, sort }: PlaceReading) {
  const isBroad = cursor.startsWith(broadMark)
  const plain = isBroad ? cursor.slice(broadMark.length) : cursor
  const value: z.ZodType<string | number> = sortValues[isBroad && sort === 'relevance' ? 'createdAt' : sort]
  return { ...readCursor({ list: `${list}${isBroad}`, cursor: plain, value }), isBroad }
}

const broadMark = '~'

function writePlace(list: string, { last, isBroad }: { last: ListedRow; isBroad: boolean }): string {
  const cursor = writeCursor(`${list}${isBroad}`, { value: last.sortValue, id: last.task.id })
  return isBroad ? `${broadMark}${cursor}` : cursor
}

function listedTask({ task, snippet }: ListedRow): ListedTask {
  return snippet === null ? task : { ...task, snippet: readSnippet(snippet) }
}
