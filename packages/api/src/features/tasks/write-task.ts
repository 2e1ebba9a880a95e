import type { Context } from '../../context.ts'
import { AppError } from '../../errors.ts'
import type { BatchOperation, Task, TaskWrite } from './contract.ts'
import { createTask, wholeContent } from './create-tasks.ts'
import {
  type ExpectedTask,
  getTaskOrTrash,
  isPurged,
  isTaskOfOthers,
  type OwnedTask,
  purgeTask,
  restoreTask,
  type TaskRow,
  trashTask,
  updateTask,
} from './queries.ts'

/** Writes one task of its owner, and gives it as it is then. What changes nothing bumps nothing. */
export async function writeTask(
  ctx: Context,
  { op, input, ownerId }: BatchOperation & { ownerId: string },
): Promise<Task> {
  if (op === 'create') return await createTask(ctx, { ...input, ownerId })
  const key = { id: input.id, expectedVersion: input.expectedVersion, ownerId }
  switch (op) {
    case 'update': {
      const { id, expectedVersion, tags, ...fields } = input
      return await change(ctx, key, { ...fields, tags: tags === null ? [] : tags })
    }
    case 'replace':
      return await change(ctx, key, wholeContent(input))
    case 'complete':
      return await change(ctx, key, { completed: true })
    case 'reopen':
      return await change(ctx, key, { completed: false })
    case 'delete':
      return await writeOrRefuse(ctx, key, { place: 'anywhere', write: () => trashTask(ctx.db, key) })
    case 'restore':
      return await writeOrRefuse(ctx, key, { place: 'anywhere', write: () => restoreTask(ctx.db, key) })
  }
}

/** How often a task is looked for that others move at the same time. */
const attemptsMax = 5

/** Deletes a task in the trash for good. Again it does nothing. */
export async function purge(
  ctx: Context,
  { ownerId, id, expectedVersion }: TaskWrite & { ownerId: string },
): Promise<{ id: string }> {
  const key = { id: id.toLowerCase(), ownerId, expectedVersion }
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (await purgeTask(ctx.db, key)) return { id: key.id }
    const task = await getTaskOrTrash(ctx.db, key)
    if (!task && (await isPurged(ctx.db, key))) return { id: key.id }
    if (!isAsWanted(task, key, 'trash')) await refuse(ctx, key, { task, place: 'trash' })
  }
  throw new AppError('TASK_NOT_IN_TRASH')
}

async function change(
  ctx: Context,
  key: ExpectedTask,
  fields: Parameters<typeof updateTask>[1]['fields'],
): Promise<TaskRow> {
  return await writeOrRefuse(ctx, key, {
    place: 'live',
    write: () => updateTask(ctx.db, { ...key, fields }),
  })
}

/** Where a task was looked for. */
type Place = 'live' | 'trash' | 'anywhere'

interface Write {
  place: Place
  write: () => Promise<TaskRow | undefined>
}

/** Writes, or says why not. What has become as it is wanted since it was missed is tried again. */
async function writeOrRefuse(ctx: Context, key: ExpectedTask, { place, write }: Write): Promise<TaskRow> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const row = await write()
    if (row) return row
    const task = await getTaskOrTrash(ctx.db, key)
    if (!isAsWanted(task, key, place)) await refuse(ctx, key, { task, place })
  }
  throw new AppError('TASK_NOT_FOUND')
}

function isAsWanted(task: TaskRow | undefined, { expectedVersion }: ExpectedTask, place: Place): boolean {
  if (!task || task.version !== (expectedVersion ?? task.version)) return false
  return place === 'anywhere' || (task.deletedAt === null) === (place === 'live')
}

/**
 * Says why no task was found, or none with the expected version. `task` is the one that is there.
 *
 * @throws AppError `TASK_NOT_FOUND`, `TASK_FORBIDDEN`, `VERSION_CONFLICT` or `TASK_NOT_IN_TRASH`.
 */
async function refuse(
  ctx: Context,
  key: ExpectedTask,
  { task, place }: { task: TaskRow | undefined; place: Place },
): Promise<never> {
  if (!task || (place === 'live' && task.deletedAt !== null)) return await refuseAbsent(ctx, key)
  const { expectedVersion = task.version } = key
  if (task.version !== expectedVersion) throw new AppError('VERSION_CONFLICT', { task })
  throw new AppError('TASK_NOT_IN_TRASH')
}

/**
 * Refuses a task that the caller does not have. Whether somebody else has it is told only where the
 * deployment says so.
 *
 * @throws AppError `TASK_NOT_FOUND` or `TASK_FORBIDDEN`.
 */
export async function refuseAbsent(
  { db, tellsForeignTasks }: Pick<Context, 'db' | 'tellsForeignTasks'>,
  key: OwnedTask,
): Promise<never> {
  const isForeign = tellsForeignTasks && (await isTaskOfOthers(db, key))
  throw new AppError(isForeign ? 'TASK_FORBIDDEN' : 'TASK_NOT_FOUND')
}
