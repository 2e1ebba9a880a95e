import { streamOf } from '../../stream.ts'
import { signedInProcedure } from '../../trpc.ts'
import { batchTasks } from './batch-tasks.ts'
import {
  BatchResults,
  BatchTasks,
  CountTasks,
  CreateTask,
  FollowChanges,
  ListTasks,
  PurgedTask,
  ReadChanges,
  ReplaceTask,
  Task,
  TaskChanges,
  TaskCounts,
  TaskKey,
  TaskList,
  TaskWrite,
  UpdateTask,
} from './contract.ts'
import { dayOf } from './day-of.ts'
import { followChanges } from './follow-changes.ts'
import { countAll } from './list-queries.ts'
import { listTasks } from './list-tasks.ts'
import { getTask } from './queries.ts'
import { readChanges } from './read-changes.ts'
import { purge, refuseAbsent, writeTask } from './write-task.ts'

/** Wakes those who follow the caller's changes, whatever came of the call: part of it may have been written. */
const writeProcedure = signedInProcedure.use(async ({ ctx, next }) => {
  const result = await next()
  ctx.changeBus.publish(ctx.principal.userId)
  return result
})

export const taskProcedures = {
  create: writeProcedure
    .input(CreateTask)
    .output(Task)
    .mutation(({ ctx, input }) => writeTask(ctx, { op: 'create', input, ownerId: ctx.principal.userId })),

  get: signedInProcedure
    .input(TaskKey)
    .output(Task)
    .query(async ({ ctx, input: { id } }) => {
      const key = { id, ownerId: ctx.principal.userId }
      return (await getTask(ctx.db, key)) ?? (await refuseAbsent(ctx, key))
    }),

  list: signedInProcedure
    .input(ListTasks)
    .output(TaskList)
    .query(({ ctx, input }) => listTasks(ctx, { ...input, ownerId: ctx.principal.userId })),

  counts: signedInProcedure
    .input(CountTasks)
    .output(TaskCounts)
    .query(({ ctx, input: { today = dayOf(ctx.now()) } }) =>
      countAll(ctx.db, { today, ownerId: ctx.principal.userId }),
    ),

  update: writeProcedure
    .input(UpdateTask)
    .output(Task)
    .mutation(({ ctx, input }) => writeTask(ctx, { op: 'update', input, ownerId: ctx.principal.userId })),

  replace: writeProcedure
    .input(ReplaceTask)
    .output(Task)
    .mutation(({ ctx, input }) => writeTask(ctx, { op: 'replace', input, ownerId: ctx.principal.userId })),

  complete: writeProcedure
    .input(TaskWrite)
    .output(Task)
    .mutation(({ ctx, input }) => writeTask(ctx, { op: 'complete', input, ownerId: ctx.principal.userId })),

  reopen: writeProcedure
    .input(TaskWrite)
    .output(Task)
    .mutation(({ ctx, input }) => writeTask(ctx, { op: 'reopen', input, ownerId: ctx.principal.userId })),

  /** Moves the task to the trash. */
  delete: writeProcedure
    .input(TaskWrite)
    .output(Task)
    .mutation(({ ctx, input }) => writeTask(ctx, { op: 'delete', input, ownerId: ctx.principal.userId })),

  restore: writeProcedure
    .input(TaskWrite)
    .output(Task)
    .mutation(({ ctx, input }) => writeTask(ctx, { op: 'restore', input, ownerId: ctx.principal.userId })),

  /** Deletes a task in the trash for good. */
  purge: writeProcedure
    .input(TaskWrite)
    .output(PurgedTask)
    .mutation(({ ctx, input }) => purge(ctx, { ...input, ownerId: ctx.principal.userId })),

  batch: writeProcedure
    .input(BatchTasks)
    .output(BatchResults)
    .mutation(async ({ ctx, input }) => ({
      results: await batchTasks(ctx, { ...input, ownerId: ctx.principal.userId }),
    })),

  changes: signedInProcedure
    .input(ReadChanges)
    .output(TaskChanges)
    .query(({ ctx, input }) => readChanges(ctx, { ...input, ownerId: ctx.principal.userId })),

  /** The changes as they come, as server-sent events. */
  onChange: signedInProcedure
    .input(FollowChanges)
    .output(streamOf(TaskChanges))
    .subscription(({ ctx, input, signal }) =>
      followChanges(ctx, { ...input, principal: ctx.principal, signal }),
    ),
}
