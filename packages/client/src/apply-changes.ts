import type { Task, TaskChange, TaskChanges } from '@tasklane/api/contract'

/** Tasks by their ids. */
export type TaskState = ReadonlyMap<string, Task>

/**
 * The tasks after these changes: an answer of `tasks.changes`, a page of `tasks.watch`, or a list of
 * changes in their order. A page with `resync` stands for itself, whatever was there before. Gives
 * `state` itself when nothing is different after them, and never changes it.
 */
export function applyChanges(state: TaskState, changes: TaskChanges | readonly TaskChange[]): TaskState {
  const page = 'changes' in changes ? changes : { changes, resync: false }
  const next = new Map(page.resync ? [] : state)
  for (const change of page.changes) {
    if (change.type === 'upsert') next.set(change.task.id, change.task)
    else next.delete(change.id)
  }
  return isSameState(state, next) ? state : next
}

function isSameState(state: TaskState, next: TaskState): boolean {
  if (state.size !== next.size) return false
  for (const [id, task] of next) {
    const before = state.get(id)
    if (before !== task && (!before || !isSameTask(before, task))) return false
  }
  return true
}

function isSameTask(one: Task, other: Task): boolean {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())
}
