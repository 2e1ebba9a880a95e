import type { ListedTask } from '@tasklane/api/contract'
import type { TasklaneInputs } from '../types.ts'

type NewTask = TasklaneInputs['tasks']['create'] & { id: string }

/** A task as it shows until the server has answered. It has no version yet. */
export function newTask({ id, title, description, completed, priority, dueDate, tags }: NewTask): ListedTask {
  const now = new Date()
  return {
    ...{ id, userId: '', title, description: description ?? null, completed: completed ?? false },
    ...{ completedAt: completed ? now : null, priority: priority ?? null, dueDate: dueDate ?? null },
    tags: [...new Set(tags?.map((tag) => tag.toLowerCase()))],
    ...{ version: 0, createdAt: now, updatedAt: now, deletedAt: null },
  }
}
