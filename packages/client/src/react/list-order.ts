import type { ListedTask } from '@tasklane/api/contract'
import type { TasklaneInputs } from '../types.ts'

/** What a list was asked for. */
export type ListInput = Extract<TasklaneInputs['tasks']['list'], object>

/** Whether a task is in a list. Gives `undefined` where only the server can tell: what a search finds. */
export function isListed(input: ListInput, task: ListedTask): boolean | undefined {
  const { completed, priority, tag, dueOn, dueBefore, dueAfter, overdue, today, updatedSince } = input
  const { dueDate } = task
  if ((input.trashed ?? false) !== (task.deletedAt !== null)) return false
  if (completed !== undefined && task.completed !== completed) return false
  if (priority !== undefined && task.priority !== priority) return false
  if (tag !== undefined && !task.tags.includes(tag.toLowerCase())) return false
  if (dueOn !== undefined && dueDate !== dueOn) return false
  if (dueBefore !== undefined && !(dueDate !== null && dueDate < dueBefore)) return false
  if (dueAfter !== undefined && !(dueDate !== null && dueDate > dueAfter)) return false
  if (updatedSince !== undefined && task.updatedAt < new Date(updatedSince)) return false
  if (input.search !== undefined || (overdue !== undefined && today === undefined)) return undefined
  if (overdue === undefined || today === undefined) return true
  return overdue === (!task.completed && dueDate !== null && dueDate < today)
}

const priorityRanks = { low: 1, medium: 2, high: 3, urgent: 4 }

type Place = number | string | null

/** What a list is sorted by. Gives `undefined` where only the server knows. */
export function sortValueOf(input: ListInput, task: ListedTask): Place | undefined {
  const sort = input.sort ?? (input.search === undefined ? 'createdAt' : 'relevance')
  if (sort === 'relevance') return undefined
  if (sort === 'priority') return task.priority && priorityRanks[task.priority]
  const value = task[sort]
  return value instanceof Date ? value.getTime() : value
}

/** Whether one task stands behind another, as the server orders them: without a value last, ties by id. */
export function isBehind(input: ListInput, one: ListedTask, other: ListedTask): boolean {
  const [mine, others] = [sortValueOf(input, one) ?? null, sortValueOf(input, other) ?? null]
  const isRising = input.order === 'asc'
  if (mine !== others) {
    if (mine === null || others === null) return mine === null
    return mine > others === isRising
  }
  return one.id > other.id === isRising
}
