import type {
  BatchOperation,
  CreateTask,
  Reason,
  ReplaceTask,
  Task,
  TaskChanges,
  TaskWrite,
  UpdateTask,
} from '@tasklane/api/contract'
import type { AppRouter } from '@tasklane/api/router'
import { isTRPCClientError, type TRPCClient } from '@trpc/client'

/** What is used of the typed client. */
export type Client = TRPCClient<AppRouter> & {
  tasks: {
    watch(options: { since: number; signal: AbortSignal }): AsyncIterableIterator<TaskChanges, undefined>
  }
}

/** An operation of a batch that the contract refuses. */
interface Malformed {
  op: 'malformed'
}

/** One operation of a batch. */
export type Operation = BatchOperation | Malformed

/** A call on the task with an id. */
export type CallOn =
  | { op: 'get'; input: { id: string } }
  | { op: 'update'; input: UpdateTask }
  | { op: 'replace'; input: ReplaceTask }
  | { op: 'complete' | 'reopen' | 'delete' | 'restore'; input: TaskWrite }
  | { op: 'purge'; input: TaskWrite }

export type SingleCall = { op: 'create'; input: CreateTask } | CallOn
export type Call = SingleCall | { op: 'batch'; input: { atomic: boolean; operations: Operation[] } }

/** What a call answered, or was refused with. */
export type Outcome =
  | { kind: 'task'; task: Task }
  | { kind: 'purged'; id: string }
  | { kind: 'batch'; results: Outcome[] }
  | { kind: 'refused'; reason: Reason; task?: Task | undefined; index?: number | undefined }

export function isMalformed(operation: Operation): operation is Malformed {
  return operation.op === 'malformed'
}

/** Makes the call. Rejects only where no answer came. */
export async function perform(client: Client, call: Call): Promise<Outcome> {
  try {
    return await send(client, call)
  } catch (error) {
    const data = isTRPCClientError<AppRouter>(error) ? error.data : undefined
    if (!data) throw error
    const { reason, task, index } = data
    return { kind: 'refused', reason, task, index }
  }
}

/** The same, where it is known that the answer may be lost: then gives nothing. */
export async function performUnsurely(client: Client, call: Call): Promise<Outcome | undefined> {
  return await perform(client, call).catch((error: unknown) => {
    if (isTRPCClientError(error)) return undefined
    throw error
  })
}

async function send({ tasks }: Client, call: Call): Promise<Outcome> {
  switch (call.op) {
    case 'get':
      return { kind: 'task', task: await tasks.get.query(call.input) }
    case 'create':
      return { kind: 'task', task: await tasks.create.mutate(call.input) }
    case 'update':
      return { kind: 'task', task: await tasks.update.mutate(call.input) }
    case 'replace':
      return { kind: 'task', task: await tasks.replace.mutate(call.input) }
    case 'purge':
      return { kind: 'purged', id: (await tasks.purge.mutate(call.input)).id }
    case 'batch':
      return await sendBatch(tasks, call.input)
    default:
      return { kind: 'task', task: await tasks[call.op].mutate(call.input) }
  }
}

const malformed: BatchOperation = { op: 'complete', input: { id: 'none' } }

async function sendBatch(
  tasks: Client['tasks'],
  { atomic, operations }: { atomic: boolean; operations: Operation[] },
): Promise<Outcome> {
  const sent = operations.map((operation) => (isMalformed(operation) ? malformed : operation))
  const { results } = await tasks.batch.mutate({ atomic, operations: sent })
  return {
    kind: 'batch',
    results: results.map((result, index): Outcome => {
      if (result.index !== index) throw new Error(`Result ${index} of a batch has the index ${result.index}`)
      if (result.ok) return { kind: 'task', task: result.task }
      return { kind: 'refused', reason: result.reason, task: result.task }
    }),
  }
}
