import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import { unlessOwnerIsGone } from '../../unless-owner-is-gone.ts'
import type { CreateTask, Task } from './contract.ts'
import {
  getTaskOrTrash,
  insertTask,
  insertTasks,
  listTasksById,
  type OwnedTask,
  type TaskContent,
} from './queries.ts'

type NewTask = OwnedTask & TaskContent

/** Creates a task. The same id with the same content again gives the task that is there: a retry is safe. */
export async function createTask(ctx: Context, input: CreateTask & { ownerId: string }): Promise<Task> {
  const task = newTask(ctx, input)
  const created = await unlessOwnerIsGone(insertTask(ctx.db, task))
  return settle(task, created ?? (await getTaskOrTrash(ctx.db, task)))
}

/** The same for many, in two statements at most. Gives for each its task, or why there is none. */
export async function createTasks(
  ctx: Context,
  inputs: readonly (CreateTask & { ownerId: string })[],
): Promise<(Task | AppError)[]> {
  const all = inputs.map((input) => newTask(ctx, input))
  const known = new Map(
    (await unlessOwnerIsGone(insertTasks(ctx.db, all))).map((task) => [task.id, task] as const),
  )
  const taken = all.filter(({ id }) => !known.has(id))
  for (const task of await listTasksById(ctx.db, taken)) known.set(task.id, task)
  return all.map((task) => {
    try {
      return settle(task, known.get(task.id))
    } catch (error) {
      if (error instanceof AppError) return error
      throw error
    }
  })
}

function newTask(ctx: Context, input: CreateTask & { ownerId: string }): NewTask {
  return { id: input.id?.toLowerCase() ?? ctx.newId(), ownerId: input.ownerId, ...wholeContent(input) }
}

/** Every field, where the caller gives none the one of a new task. */
export function wholeContent(
  input: Pick<CreateTask, 'title' | 'description' | 'completed' | 'priority' | 'dueDate'> & {
    tags?: string[] | null | undefined
  },
): TaskContent {
  return {
    title: input.title,
    description: input.description ?? null,
    completed: input.completed ?? false,
    priority: input.priority ?? null,
    dueDate: input.dueDate ?? null,
    tags: input.tags ?? [],
  }
}

/** @throws AppError `TASK_ID_TAKEN`. */
function settle(wanted: NewTask, stored: Task | undefined): Task {
  if (stored && stored.deletedAt === null && hasContent(stored, wanted)) return stored
  throw new AppError('TASK_ID_TAKEN', stored && { task: stored })
}

function hasContent(task: Task, content: TaskContent): boolean {
  return (
    task.title === content.title &&
    task.description === content.description &&
    task.completed === content.completed &&
    task.priority === content.priority &&
    task.dueDate === content.dueDate &&
    task.tags.length === content.tags.length &&
    task.tags.every((tag, index) => tag === content.tags[index])
  )
}
