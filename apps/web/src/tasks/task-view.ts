import type { TasklaneInputs } from '@tasklane/client'

type ListInput = Extract<TasklaneInputs['tasks']['list'], object>
export type Priority = NonNullable<ListInput['priority']>
export type Sort = NonNullable<ListInput['sort']>

export const priorities: readonly Priority[] = ['urgent', 'high', 'medium', 'low']
export const viewNames = ['open', 'today', 'upcoming', 'done', 'trash'] as const
export type ViewName = (typeof viewNames)[number]

export const viewTitles: Readonly<Record<ViewName, string>> = {
  ...{ open: 'Tasks', today: 'Today', upcoming: 'Upcoming', done: 'Done', trash: 'Trash' },
}

export const sortTitles = {
  ...{
    createdAt: 'Newest',
    dueDate: 'Due date',
    priority: 'Priority',
    title: 'Title',
    updatedAt: 'Last changed',
  },
} satisfies Partial<Record<Sort, string>>
type ShownSort = keyof typeof sortTitles

/** What the page shows, as its address says it. */
export interface TaskView {
  view: ViewName
  search: string
  tag: string | undefined
  priority: Priority | undefined
  /** Default: as suits the view. */
  sort: ShownSort | undefined
}

const oneOf = <Value extends string>(
  values: readonly Value[],
  given: string | undefined,
): Value | undefined => values.find((value) => value === given)

export function readView(get: (name: string) => string | undefined): TaskView {
  return {
    view: oneOf(viewNames, get('view')) ?? 'open',
    search: get('q')?.slice(0, 200) ?? '',
    tag: get('tag')?.slice(0, 50) || undefined,
    priority: oneOf(priorities, get('priority')),
    sort: oneOf(Object.keys(sortTitles) as ShownSort[], get('sort')),
  }
}

/** The address of a view. */
export function addressOf({ view, search, tag, priority, sort }: TaskView): string {
  const query = new URLSearchParams()
  if (view !== 'open') query.set('view', view)
  if (search) query.set('q', search)
  if (tag) query.set('tag', tag)
  if (priority) query.set('priority', priority)
  if (sort) query.set('sort', sort)
  return query.size > 0 ? `/?${query}` : '/'
}

const defaultSorts: Readonly<Record<ViewName, ShownSort>> = {
  ...{ open: 'createdAt', today: 'dueDate', upcoming: 'dueDate', done: 'updatedAt', trash: 'updatedAt' },
}

export const sortOf = ({ view, sort }: TaskView): ShownSort => sort ?? defaultSorts[view]

const pageLimit = 50

/** What the list is asked for. Gives nothing while the day is unknown and needed, as on the server. */
export function inputOfView(shown: TaskView, today: string | undefined): ListInput | undefined {
  const { view, search, tag, priority } = shown
  const isDated = view === 'today' || view === 'upcoming'
  if (isDated && today === undefined) return undefined
  const sort = sortOf(shown)
  const words = search.trim()
  return {
    ...(view === 'trash' ? { trashed: true } : { completed: view === 'done' }),
    ...(view === 'today' && today && { dueBefore: dayAfter(today) }),
    ...(view === 'upcoming' && today && { dueAfter: today }),
    ...(words && { search: words }),
    ...(tag && { tag }),
    ...(priority && { priority }),
    ...(words && shown.sort === undefined
      ? {}
      : { sort, order: sort === 'dueDate' || sort === 'title' ? 'asc' : 'desc' }),
    ...{ limit: pageLimit, fields: 'compact' },
  }
}

export function dayAfter(day: string, days = 1): string {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() + days)
  return date.toISOString().slice(0, 10)
}
