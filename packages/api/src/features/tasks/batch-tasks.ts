import { describeError } from '@tasklane/db'
import { ZodError } from 'zod'
import type { Context } from '../../context.ts'
import { AppError, databaseRefusal, inputRefusal } from '../../errors.ts'
import { BatchOperation, type BatchResult, type BatchTasks, type Task, taskLimits } from './contract.ts'
import { createTasks } from './create-tasks.ts'
import { writeTask } from './write-task.ts'

/** The task that an operation left, or why there is none. */
type Outcome = Task | AppError

type Operation = BatchOperation & { ownerId: string }

/**
 * Runs the operations in their order. An atomic batch runs all or, at the first that fails, none.
 *
 * @throws AppError the refusal of that operation, with its index.
 */
export async function batchTasks(
  ctx: Context,
  { atomic, operations, ownerId }: BatchTasks & { ownerId: string },
): Promise<BatchResult[]> {
  // Before anything is written: an answer that has no room would hide what was.
  ctx.room.takeTasks(operations.length)
  ctx.room.takeText(operations.length * taskLimits.descriptionLengthMax)
  const checked = operations.map((operation, index) =>
    checkOperation(ctx, { operation, ownerId, place: atomic ? ['operations', index] : [] }),
  )
  const outcomes = atomic
    ? await ctx.ownerTurns.take(ownerId, () => runAll(ctx, checked))
    : await runEach(ctx, checked)
  return outcomes.map(resultOf)
}

interface Unchecked {
  operation: unknown
  ownerId: string
  /** Where it stands in what its refusal is for: in the whole input, or in itself. */
  place: PropertyKey[]
}

function checkOperation(
  { spelling }: Context,
  { operation, ownerId, place }: Unchecked,
): Operation | AppError {
  const { data, error } = BatchOperation.safeParse(operation)
  if (data) return { ...data, ownerId }
  const issues = error.issues.map((issue) => ({ ...issue, path: [...place, ...issue.path] }))
  return inputRefusal(new ZodError(issues), spelling)
}

async function runAll(ctx: Context, checked: (Operation | AppError)[]): Promise<Outcome[]> {
  const operations = checked.map((operation, index) => {
    if (operation instanceof AppError) throw operation.at(index)
    return operation
  })
  return await ctx.db.transaction(async (tx) => {
    const outcomes: Outcome[] = []
    for (const group of groupsOf(operations)) {
      for (const outcome of await runGroup({ ...ctx, db: tx }, group)) {
        if (outcome instanceof AppError) throw outcome.at(outcomes.length)
        outcomes.push(outcome)
      }
    }
    return outcomes
  })
}

async function runEach(ctx: Context, checked: (Operation | AppError)[]): Promise<Outcome[]> {
  const operations = checked.flatMap((operation) => (operation instanceof AppError ? [] : [operation]))
  const outcomes: Outcome[] = []
  for (const group of groupsOf(operations)) {
    const run = runAlone(ctx, group).catch((error: unknown) => {
      const failure = unexpected(ctx, error)
      return group.map(() => failure)
    })
    outcomes.push(...(await run))
  }
  return checked.map((operation) => {
    if (operation instanceof AppError) return operation
    return outcomes.shift() ?? new AppError('INTERNAL')
  })
}

/** Within the transaction of a call under a key, a statement that fails must not take the others along. */
async function runAlone(ctx: Context, group: [Operation, ...Operation[]]): Promise<Outcome[]> {
  if (ctx.idempotencyKey === undefined) return await runGroup(ctx, group)
  return await ctx.db.transaction((db) => runGroup({ ...ctx, db }, group))
}

/** Creations that follow one another are one group, and one statement. Every other operation is alone. */
function groupsOf(operations: readonly Operation[]): [Operation, ...Operation[]][] {
  const groups: [Operation, ...Operation[]][] = []
  for (const operation of operations) {
    const last = groups.at(-1)
    if (operation.op === 'create' && last?.[0].op === 'create') last.push(operation)
    else groups.push([operation])
  }
  return groups
}

async function runGroup(ctx: Context, group: [Operation, ...Operation[]]): Promise<Outcome[]> {
  const creations = group.flatMap(({ op, input, ownerId }) =>
    op === 'create' ? [{ ...input, ownerId }] : [],
  )
  if (creations.length > 1) return await createTasks(ctx, creations)
  return [
    await writeTask(ctx, group[0]).catch((error: unknown) => {
      if (error instanceof AppError) return error
      throw error
    }),
  ]
}

/** In a batch that is not atomic a failure of ours hides nothing of what was done before. */
function unexpected({ log }: Context, error: unknown): AppError {
  if (error instanceof AppError) return error
  log.error({ error: describeError(error) }, 'operation of a batch failed')
  return databaseRefusal(error) ?? new AppError('INTERNAL')
}

function resultOf(outcome: Outcome, index: number): BatchResult {
  if (!(outcome instanceof AppError)) return { index, ok: true, task: outcome }
  const { reason, message, details } = outcome
  const { issues, task } = details
  return { index, ok: false, reason, message, ...(issues && { issues }), ...(task && { task }) }
}
