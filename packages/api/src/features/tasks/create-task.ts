import { violatedConstraint } from '@tasklane/db'
import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { CreateTask, Task } from './contract.ts'
import { getTaskOrTrash, insertTask, type TaskRow } from './queries.ts'

/** Creates a task. The same id with the same content again gives the task that is there: a retry is safe. */
export async function createTask(
  ctx: Context,
  { ownerId, ...input }: CreateTask & { ownerId: string },
): Promise<Task> {
  const task = {
    id: input.id ?? ctx.newId(),
    ownerId,
    title: input.title,
    description: input.description ?? null,
    completed: input.completed ?? false,
    priority: input.priority ?? null,
    dueDate: input.dueDate ?? null,
    tags: input.tags ?? [],
  }
  const created = await insertTask(ctx.db, task).catch((error: unknown) => {
    const isOwnerGone = violatedConstraint(error) === 'tasks_user_id_users_id_fk'
    throw isOwnerGone ? new AppError('TOKEN_INVALID', { cause: error }) : error
  })
  if (created) return created
  const existing = await getTaskOrTrash(ctx.db, task)
  if (existing && existing.deletedAt === null && hasContent(existing, task)) return existing
  throw new AppError('TASK_ID_TAKEN')
}

type Content = Pick<TaskRow, 'title' | 'description' | 'completed' | 'priority' | 'dueDate' | 'tags'>

function hasContent(row: TaskRow, content: Content): boolean {
  return (
    row.title === content.title &&
    row.description === content.description &&
    row.completed === content.completed &&
    row.priority === content.priority &&
    row.dueDate === content.dueDate &&
    row.tags.length === content.tags.length &&
    row.tags.every((tag, index) => tag === content.tags[index])
  )
}
