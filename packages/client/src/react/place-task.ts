import type { ListedTask, TaskList } from '@tasklane/api/contract'
import { isBehind, isListed, type ListInput, sortValueOf } from './list-order.ts'

/** The pages of a list that are loaded, and what they were asked for. */
export interface LoadedList {
  input: ListInput
  pages: readonly TaskList[]
}

export interface Placed {
  pages: readonly TaskList[]
  /** Whether the server would answer the same. If not, it has to be asked. */
  isCertain: boolean
}

/** The list with the task as it is now: where it belongs, or nowhere. */
export function placeTask({ input, pages }: LoadedList, task: ListedTask): Placed {
  const before = pages.flatMap(({ tasks }) => tasks).find(({ id }) => id === task.id)
  if (before && before.version > task.version) return { pages, isCertain: true }
  const listed = isListed(input, task)
  if (before === undefined) {
    if (listed === undefined || input.offset !== undefined) return { pages, isCertain: false }
    return listed
      ? insert({ input, pages }, task)
      : { pages, isCertain: isWhole(pages) || task.version === 1 }
  }
  if (listed === false) return { pages: takeOut(pages, task.id), isCertain: input.offset === undefined }
  const after = combine(input, before, task)
  if (JSON.stringify(after) === JSON.stringify(before)) return { pages, isCertain: true }
  if (sortValueOf(input, before) === sortValueOf(input, task)) {
    const isSameText = before.title === after.title && before.description === after.description
    return { pages: replace(pages, after), isCertain: listed === true || isSameText }
  }
  return insert({ input, pages: takeOut(pages, task.id) }, after)
}

/** The list without a task that is gone, or in the trash now. */
export function removeTask({ input, pages }: LoadedList, id: string): Placed {
  if (input.trashed) return { pages, isCertain: false }
  // It may be counted among those that are not loaded.
  if (!isLoaded(pages, id)) return { pages, isCertain: isWhole(pages) }
  return { pages: takeOut(pages, id), isCertain: input.offset === undefined }
}

const isLoaded = (pages: readonly TaskList[], id: string) =>
  pages.some(({ tasks }) => tasks.some((task) => task.id === id))

const takeOut = (pages: readonly TaskList[], id: string) =>
  pages.map((page) => ({
    ...page,
    tasks: page.tasks.filter((task) => task.id !== id),
    ...(page.total !== undefined && { total: page.total - 1 }),
  }))

function insert({ input, pages }: LoadedList, task: ListedTask): Placed {
  const own = combine(input, undefined, task)
  const isBefore = (other: ListedTask) => isBehind(input, other, task)
  const index = pages.findIndex(({ tasks }) => tasks.some(isBefore))
  const isPast = index === -1 && !isWhole(pages)
  const target = index === -1 ? pages.length - 1 : index
  const inserted = pages.map((page, at) => {
    const total = page.total === undefined ? {} : { total: page.total + 1 }
    if (at !== target || isPast) return { ...page, ...total }
    const place = page.tasks.findIndex(isBefore)
    return {
      ...page,
      ...total,
      tasks: page.tasks.toSpliced(place === -1 ? page.tasks.length : place, 0, own),
    }
  })
  const isNew = task.version <= 1
  const isComplete = input.fields === 'compact' || own.description !== undefined
  return { pages: inserted, isCertain: isComplete && input.offset === undefined && (isNew || isWhole(pages)) }
}

const replace = (pages: readonly TaskList[], task: ListedTask) =>
  pages.map((page) =>
    page.tasks.some(({ id }) => id === task.id)
      ? { ...page, tasks: page.tasks.map((other) => (other.id === task.id ? task : other)) }
      : page,
  )

/** A compact list has no descriptions; a search keeps its snippet. */
function combine(input: ListInput, before: ListedTask | undefined, task: ListedTask): ListedTask {
  const { snippet: _, description, ...fields } = task
  const own = input.fields === 'compact' || description === undefined ? {} : { description }
  return { ...before, ...fields, ...own }
}

/** Whether nothing comes after the pages. */
const isWhole = (pages: readonly TaskList[]) => (pages.at(-1)?.nextCursor ?? null) === null
