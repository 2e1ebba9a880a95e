import type { QueryClient } from '@tanstack/react-query'
import type { Task } from '@tasklane/api/contract'
import type { OperationContext } from '@trpc/client'
import type { TasklaneClient } from '../create-client.ts'
import { currentTaskOf, reasonOf } from '../errors.ts'
import { delayMillisecondsAfter, isLasting } from '../retry.ts'
import { onlyWhile } from '../starter.ts'
import type { TasklaneInputs } from '../types.ts'
import { isFolded } from './query-client.ts'
import { type PendingWrite, taskCacheOf } from './task-cache.ts'
import type { TaskConflict } from './task-conflicts.ts'
import { newTask } from './task-creation.ts'
import { isGranted, type TaskWish } from './task-wish.ts'

type Inputs = TasklaneInputs['tasks']
/** With the same options for each attempt. */
type Send = (options: { context: OperationContext }) => Promise<Task>

type Name = 'create' | 'update' | 'complete' | 'reopen' | 'delete' | 'restore'

interface Change {
  name: Exclude<Name, 'create'>
  input: Inputs['update']
  wish: TaskWish
  /** The conflict that it decides. */
  decides?: TaskConflict | undefined
}

/**
 * Writes of tasks that show at once, in every cached list and in `tasks.get`, and are taken back when the
 * server refuses them. Writes of one task are sent one after the other, each for the version that the one
 * before it made. While the server is away or the page is offline they wait. Each resolves with the task, and rejects with
 * what the server said.
 *
 * `expectedVersion` is the version that the user saw, by default that which the cache shows. Who has one from
 * before own writes may send it: they are no conflict. Where somebody else was faster, the task shows as it is
 * now, and what was wanted is in `useTaskConflicts()`.
 */
export interface TaskWrites {
  /** With an id that is made here unless it is given, so that it may be sent again. */
  create(input: Inputs['create']): Promise<Task>
  update(input: Inputs['update']): Promise<Task>
  complete(input: Inputs['complete']): Promise<Task>
  reopen(input: Inputs['reopen']): Promise<Task>
  /** Moves the task to the trash. */
  delete(input: Inputs['delete']): Promise<Task>
  restore(input: Inputs['restore']): Promise<Task>
  /** Decides a conflict: writes what was wanted over the task as it is now. */
  keepMine(conflict: TaskConflict): Promise<Task>
  /** Decides a conflict: leaves the task as it is. */
  takeTheirs(conflict: TaskConflict): void
}

export function createTaskWrites(client: TasklaneClient, queryClient: QueryClient): TaskWrites {
  const cache = taskCacheOf(queryClient)

  /** Sends it as a mutation of its own, after those of the same task. */
  function write(name: Name, pending: PendingWrite, send: Send): Promise<Task> {
    const options = { context: onlyWhile(() => cache.has(pending)) }
    const mutation = queryClient.getMutationCache().build<Task, unknown, PendingWrite, void>(queryClient, {
      mutationKey: [['tasks', name]],
      scope: { id: `tasklane.task ${pending.id}` },
      meta: { [isFolded]: true },
      retry: isWorthRepeating,
      retryDelay: (failures, error) => delayMillisecondsAfter(failures + 1, error),
      mutationFn: () => send(options).catch((error: unknown) => settledBefore(error, pending)),
      onMutate: () => cache.begin(pending),
      onSuccess: (task) => cache.succeed(pending, task),
      onError: (error) => giveUp(error, pending),
    })
    return mutation.execute(pending)
  }

  function giveUp(error: unknown, pending: PendingWrite): void {
    if (!cache.has(pending)) return
    const theirs = currentTaskOf(error)
    const isGone = reasonOf(error) === 'TASK_NOT_FOUND'
    if (reasonOf(error) === 'VERSION_CONFLICT' && theirs)
      cache.conflicts.add({ id: pending.id, mine: pending.wish, theirs })
    else if (pending.decides && !isGone) cache.conflicts.add(pending.decides)
    cache.fail(pending, isGone ? null : theirs)
  }

  function change({ name, input, wish, decides }: Change): Promise<Task> {
    const { id, expectedVersion, ...fields } = input
    const base = cache.baseOf(id)?.version
    const expects = expectedVersion === undefined ? base : cache.versions.latest(id, expectedVersion)
    const pending: PendingWrite = { id, wish, expects: expects === 0 ? undefined : expects, decides }
    return write(name, pending, (options) =>
      client.tasks[name].mutate(
        { ...fields, id, ...(pending.expects !== undefined && { expectedVersion: pending.expects }) },
        options,
      ),
    )
  }

  /** All at once, so that what is wanted shows as a whole; each is sent after the one before it. */
  async function overwrite(conflict: TaskConflict): Promise<Task> {
    cache.conflicts.resolve(conflict.id)
    const done = await Promise.all(decisionsOf(conflict).map(change))
    return done.at(-1) ?? conflict.theirs
  }

  return {
    create: (input) => {
      const id = input.id ?? crypto.randomUUID()
      const created = newTask({ ...input, id })
      return write('create', { id, wish: {}, created, expects: undefined }, (options) =>
        client.tasks.create.mutate({ ...input, id }, options),
      )
    },
    update: (input) => change({ name: 'update', input, wish: wishOf(input) }),
    complete: (input) => change({ name: 'complete', input, wish: { completed: true } }),
    reopen: (input) => change({ name: 'reopen', input, wish: { completed: false } }),
    delete: (input) => change({ name: 'delete', input, wish: { deletedAt: new Date() } }),
    restore: (input) => change({ name: 'restore', input, wish: { deletedAt: null } }),
    keepMine: overwrite,
    takeTheirs: ({ id }) => cache.conflicts.resolve(id),
  }
}

/** What writes one's own wish over the task as it is now. */
function decisionsOf(conflict: TaskConflict): Change[] {
  const { id, mine, theirs } = conflict
  const { deletedAt, ...fields } = mine
  const base = { id, expectedVersion: theirs.version }
  const common = { decides: conflict }
  const isTrashed = theirs.deletedAt !== null
  const decisions: Change[] = []
  // What is in the trash cannot be changed.
  if (deletedAt === null && isTrashed)
    decisions.push({ ...common, name: 'restore', input: base, wish: { deletedAt } })
  if (Object.keys(fields).length > 0)
    decisions.push({ ...common, name: 'update', input: { ...base, ...fields }, wish: fields })
  if (deletedAt && !isTrashed) decisions.push({ ...common, name: 'delete', input: base, wish: { deletedAt } })
  return decisions
}

/** What is absent, or `undefined`, stays as it is. */
function wishOf({ id: _, expectedVersion: __, tags, ...fields }: Inputs['update']): TaskWish {
  const given = { ...fields, ...(tags !== undefined && { tags: tags ?? [] }) }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** A write whose answer was lost meets itself: then the task is as it was wanted. */
function settledBefore(error: unknown, { wish, created }: PendingWrite): Task {
  const task = currentTaskOf(error)
  if (reasonOf(error) === 'VERSION_CONFLICT' && task && isGranted(task, wish)) return task
  if (reasonOf(error) === 'TASK_ID_TAKEN' && task && created && task.deletedAt === null) return task
  throw error
}

/** Until the server answers, but for a fault of its own, which may be for good. */
function isWorthRepeating(failures: number, error: unknown): boolean {
  return !isLasting(error) && (reasonOf(error) !== 'INTERNAL' || failures < 2)
}
