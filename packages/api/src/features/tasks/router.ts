import { keyed } from '../../idempotency/keyed.ts'
import { streamOf } from '../../stream.ts'
import { type SignedInContext, signedInProcedure } from '../../trpc.ts'
import { batchTasks } from './batch-tasks.ts'
import {
  type BatchOperation,
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
const writeProcedure = signedInProcedure
  .meta({ isKeyed: true, changes: ['tasks', 'auth.exportData'] })
  .use(async ({ ctx, next }) => {
    const result = await next()
    ctx.changeBus.publish(ctx.principal.userId)
    return result
  })

type WriteInput<Op> = Extract<BatchOperation, { op: Op }>['input']

/** The same as the operation of a batch. */
const writeAs =
  <Op extends BatchOperation['op']>(op: Op) =>
  (ctx: SignedInContext, input: WriteInput<Op>) =>
    writeTask(ctx, { op, input, ownerId: ctx.principal.userId } as BatchOperation & { ownerId: string })

const ofAbsent = ['TASK_NOT_FOUND', 'TASK_FORBIDDEN'] as const
const ofWrite = [...ofAbsent, 'VERSION_CONFLICT'] as const

export const taskProcedures = {
  create: writeProcedure
    .meta({
      errors: ['TASK_ID_TAKEN'],
      rest: {
        ...{ method: 'POST', path: '/tasks', status: 201, location: '/tasks/{id}', isTask: true },
        summary: 'Create a task',
        description: 'With an `id` of your own it is safe to repeat.',
      },
    })
    .input(CreateTask)
    .output(Task)
    .mutation(keyed(writeAs('create'))),

  get: signedInProcedure
    .meta({
      errors: ofAbsent,
      rest: { method: 'GET', path: '/tasks/{id}', isTask: true, summary: 'One task' },
    })
    .input(TaskKey)
    .output(Task)
    .query(async ({ ctx, input: { id } }) => {
      const key = { id, ownerId: ctx.principal.userId }
      return (await getTask(ctx.db, key)) ?? (await refuseAbsent(ctx, key))
    }),

  list: signedInProcedure
    .meta({
      errors: ['CURSOR_INVALID', 'INPUT_CONTRADICTORY'],
      rest: { method: 'GET', path: '/tasks', summary: 'List, filter and search tasks' },
    })
    .input(ListTasks)
    .output(TaskList)
    .query(({ ctx, input }) => listTasks(ctx, { ...input, ownerId: ctx.principal.userId })),

  counts: signedInProcedure
    .meta({ rest: { method: 'GET', path: '/tasks/counts', summary: 'How many tasks there are' } })
    .input(CountTasks)
    .output(TaskCounts)
    .query(({ ctx, input: { today = dayOf(ctx.now()) } }) =>
      countAll(ctx.db, { today, ownerId: ctx.principal.userId }),
    ),

  update: writeProcedure
    .meta({
      errors: ofWrite,
      rest: {
        ...{ method: 'PATCH', path: '/tasks/{id}', isTask: true },
        summary: 'Change some fields of a task',
        description: 'A field that is absent stays as it is; `null` clears it.',
      },
    })
    .input(UpdateTask)
    .output(Task)
    .mutation(keyed(writeAs('update'))),

  replace: writeProcedure
    .meta({
      errors: ofWrite,
      rest: {
        ...{ method: 'PUT', path: '/tasks/{id}', isTask: true },
        summary: 'Write a whole task',
        description: 'A field that is absent gets the value that it has in a new task.',
      },
    })
    .input(ReplaceTask)
    .output(Task)
    .mutation(keyed(writeAs('replace'))),

  complete: writeProcedure
    .meta({
      errors: ofWrite,
      rest: {
        ...{ method: 'PATCH', path: '/tasks/{id}/complete', isTask: true },
        summary: 'Complete a task',
      },
    })
    .input(TaskWrite)
    .output(Task)
    .mutation(keyed(writeAs('complete'))),

  reopen: writeProcedure
    .meta({
      errors: ofWrite,
      rest: {
        ...{ method: 'PATCH', path: '/tasks/{id}/reopen', isTask: true },
        summary: 'Reopen a task',
      },
    })
    .input(TaskWrite)
    .output(Task)
    .mutation(keyed(writeAs('reopen'))),

  /** Moves the task to the trash. */
  delete: writeProcedure
    .meta({
      errors: ofWrite,
      rest: {
        ...{ method: 'DELETE', path: '/tasks/{id}', status: 204 },
        summary: 'Move a task to the trash',
      },
    })
    .input(TaskWrite)
    .output(Task)
    .mutation(keyed(writeAs('delete'))),

  restore: writeProcedure
    .meta({
      errors: ofWrite,
      rest: {
        ...{ method: 'POST', path: '/tasks/{id}/restore', isTask: true },
        summary: 'Take a task out of the trash',
      },
    })
    .input(TaskWrite)
    .output(Task)
    .mutation(keyed(writeAs('restore'))),

  /** Deletes a task in the trash for good. */
  purge: writeProcedure
    .meta({
      errors: [...ofWrite, 'TASK_NOT_IN_TRASH'],
      rest: {
        ...{ method: 'POST', path: '/tasks/{id}/purge', status: 204 },
        summary: 'Delete a task in the trash for good',
      },
    })
    .input(TaskWrite)
    .output(PurgedTask)
    .mutation(keyed((ctx, input: TaskWrite) => purge(ctx, { ...input, ownerId: ctx.principal.userId }))),

  batch: writeProcedure
    .meta({
      errors: [...ofWrite, 'TASK_ID_TAKEN'],
      rest: {
        ...{ method: 'POST', path: '/tasks/batch', summary: 'Many writes in one call' },
        description:
          'All or nothing with `atomic: true`: the error is that of the first that fails, and `index` says which. ' +
          'Each on its own with `atomic: false`: a malformed one fails alone.',
      },
    })
    .input(BatchTasks)
    .output(BatchResults)
    .mutation(
      keyed(async (ctx, input: BatchTasks) => ({
        results: await batchTasks(ctx, { ...input, ownerId: ctx.principal.userId }),
      })),
    ),

  changes: signedInProcedure
    .meta({
      rest: {
        ...{ method: 'GET', path: '/tasks/changes', summary: 'What has changed since a number' },
        description: 'Without `since` it tells where the feed stands. Call again with `since` set to `next`.',
      },
    })
    .input(ReadChanges)
    .output(TaskChanges)
    .query(({ ctx, input }) => readChanges(ctx, { ...input, ownerId: ctx.principal.userId })),

  /** The changes as they come, as server-sent events. */
  onChange: signedInProcedure
    .meta({ errors: ['STREAMS_TOO_MANY', 'SERVER_CLOSING'] })
    .input(FollowChanges)
    .output(streamOf(TaskChanges))
    .subscription(({ ctx, input, signal }) =>
      followChanges(ctx, { ...input, principal: ctx.principal, signal }),
    ),
}
