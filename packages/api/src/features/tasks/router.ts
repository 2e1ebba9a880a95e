import { AppError } from '../../errors.ts'
import { signedInProcedure } from '../../trpc.ts'
import { CreateTask, ListTasks, Task, TaskKey, TaskList, UpdateTask } from './contract.ts'
import { createTask } from './create-task.ts'
import { getTask, listTasks, type TaskRow, trashTask, updateTask } from './queries.ts'

export const taskProcedures = {
  create: signedInProcedure
    .input(CreateTask)
    .output(Task)
    .mutation(({ ctx, input }) => createTask(ctx, { ...input, ownerId: ctx.principal.userId })),

  get: signedInProcedure
    .input(TaskKey)
    .output(Task)
    .query(async ({ ctx, input: { id } }) =>
      found(await getTask(ctx.db, { id, ownerId: ctx.principal.userId })),
    ),

  list: signedInProcedure
    .input(ListTasks)
    .output(TaskList)
    .query(async ({ ctx, input }) => {
      ctx.room.takeTasks(input.limit)
      const { rows, total } = await listTasks(ctx.db, { ...input, ownerId: ctx.principal.userId })
      ctx.room.takeText(rows.reduce((length, { description }) => length + (description?.length ?? 0), 0))
      return { tasks: rows, total, limit: input.limit, offset: input.offset }
    }),

  update: signedInProcedure
    .input(UpdateTask)
    .output(Task)
    .mutation(async ({ ctx, input: { id, tags, ...fields } }) => {
      const key = { id, ownerId: ctx.principal.userId }
      return found(
        await updateTask(ctx.db, { ...key, fields: { ...fields, tags: tags === null ? [] : tags } }),
      )
    }),

  complete: signedInProcedure
    .input(TaskKey)
    .output(Task)
    .mutation(async ({ ctx, input: { id } }) =>
      found(await updateTask(ctx.db, { id, ownerId: ctx.principal.userId, fields: { completed: true } })),
    ),

  reopen: signedInProcedure
    .input(TaskKey)
    .output(Task)
    .mutation(async ({ ctx, input: { id } }) =>
      found(await updateTask(ctx.db, { id, ownerId: ctx.principal.userId, fields: { completed: false } })),
    ),

  /** Moves the task to the trash. */
  delete: signedInProcedure
    .input(TaskKey)
    .output(Task)
    .mutation(async ({ ctx, input: { id } }) =>
      found(await trashTask(ctx.db, { id, ownerId: ctx.principal.userId })),
    ),
}

function found(row: TaskRow | undefined): TaskRow {
  if (!row) throw new AppError('TASK_NOT_FOUND')
  return row
}
