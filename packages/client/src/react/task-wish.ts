import type { ListedTask, Task } from '@tasklane/api/contract'

/** What somebody wants of a task. A field that is absent stays as it is. */
export type TaskWish = Partial<
  Pick<Task, 'title' | 'description' | 'completed' | 'priority' | 'dueDate' | 'tags' | 'deletedAt'>
>

/** The task as it will be. The server sets the instants anew. */
export function grant<Shown extends ListedTask>(task: Shown, wish: TaskWish): Shown {
  const now = new Date()
  const { completed } = wish
  if (completed === undefined || completed === task.completed) return { ...task, ...wish, updatedAt: now }
  return { ...task, ...wish, completedAt: completed ? now : null, updatedAt: now }
}

/** Whether a task is already as somebody wants it. */
export function isGranted(task: Task, wish: TaskWish): boolean {
  return (Object.keys(wish) as (keyof TaskWish)[]).every((field) => {
    if (field === 'deletedAt') return (task.deletedAt === null) === (wish.deletedAt === null)
    return JSON.stringify(task[field]) === JSON.stringify(wish[field])
  })
}
