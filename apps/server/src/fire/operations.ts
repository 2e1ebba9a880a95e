import type { Task, TasklaneClient, TasklaneInputs } from '@tasklane/client'
import type { Ledger } from './ledger.ts'
import type { Random } from './random.ts'

type Inputs = TasklaneInputs['tasks']

export type Operation =
  | { op: 'create'; input: Inputs['create'] & { id: string } }
  | { op: 'update'; input: Inputs['update'] }
  | { op: 'replace'; input: Inputs['replace'] }
  | { op: 'complete' | 'reopen' | 'delete' | 'restore'; input: Inputs['complete'] }

export type Write =
  | Operation
  | { op: 'purge'; input: Inputs['purge'] }
  | { op: 'batch'; input: { atomic: boolean; operations: Operation[] } }

/** As often as they stand here. */
const kinds = words(
  'create create create create update update update update replace complete complete reopen ' +
    'delete delete delete restore restore purge purge batch batch',
)
const batchedKinds = words('create create update update replace complete reopen delete restore')

type Kind = 'create' | 'update' | 'replace' | 'complete' | 'reopen' | 'delete' | 'restore' | 'purge' | 'batch'

function words<Word extends Kind>(text: string): [Word, ...Word[]] {
  return text.split(' ') as [Word, ...Word[]]
}

interface Choice {
  random: Random
  ledger: Ledger
}

/** A write of a task that somebody was told of, or of a new one. */
export function chooseWrite(choice: Choice): Write {
  const { random } = choice
  const kind: Kind = random.pick(kinds)
  if (kind === 'batch') return { op: 'batch', input: chooseBatch(choice) }
  if (kind === 'purge') {
    const input = chooseKey(choice, 'trash')
    return input ? { op: 'purge', input } : createNew(random)
  }
  return chooseOperation(choice, kind)
}

function chooseBatch(choice: Choice): { atomic: boolean; operations: Operation[] } {
  const { random } = choice
  const length = random.isTrue(0.05) ? 60 : random.integer(1, 6)
  const operations = new Map<string, Operation>()
  for (let index = 0; index < length; index++) {
    const kind = random.pick(batchedKinds)
    const operation = kind === 'batch' || kind === 'purge' ? createNew(random) : chooseOperation(choice, kind)
    operations.set(operation.input.id, operation)
  }
  return { atomic: random.isTrue(0.5), operations: [...operations.values()] }
}

function chooseOperation(choice: Choice, op: Operation['op']): Operation {
  const { random } = choice
  if (op === 'create') return createNew(random)
  const key = chooseKey(choice, op === 'restore' ? 'trash' : 'live')
  if (!key) return createNew(random)
  switch (op) {
    case 'update':
      return { op, input: { ...key, ...someOf(random, contentOf(random)) } }
    case 'replace':
      return { op, input: { ...key, ...contentOf(random) } }
    default:
      return { op, input: key }
  }
}

function chooseKey({ random, ledger }: Choice, place: 'live' | 'trash'): Inputs['complete'] | undefined {
  const task = ledger.pick(random, place)
  if (!task) return undefined
  const { id, version } = task
  return random.isTrue(0.5) ? { id } : { id, expectedVersion: random.isTrue(0.9) ? version : version + 1 }
}

function createNew(random: Random): Operation {
  return { op: 'create', input: { id: random.uuid(), ...contentOf(random) } }
}

/** Content that no other write has. Some is long: its answer comes in pieces. */
function contentOf(random: Random) {
  return {
    title: `Task ${random.uuid()}`,
    description: random.isTrue(0.5) ? null : 'Größe 🚲 '.repeat(random.pick([1, 10, 1000])),
    completed: random.isTrue(0.3),
    priority: random.pick([null, 'low', 'high'] as const),
    dueDate: random.pick([null, '2030-02-28']),
    tags: random.pick([[], ['home'], ['home', 'größe']]),
  }
}

function someOf<Content extends object>(random: Random, content: Content): Partial<Content> {
  return Object.fromEntries(Object.entries(content).filter(() => random.isTrue(0.4))) as Partial<Content>
}

/** Sends a write, and gives the tasks that it left, or the id of the one that is gone. */
export async function send(
  { tasks }: TasklaneClient,
  { op, input }: Operation,
  signal: AbortSignal,
): Promise<Task> {
  const options = { signal }
  switch (op) {
    case 'create':
      return await tasks.create.mutate(input, options)
    case 'update':
      return await tasks.update.mutate(input, options)
    case 'replace':
      return await tasks.replace.mutate(input, options)
    default:
      return await tasks[op].mutate(input, options)
  }
}

/** Whether a task shows what was asked for. */
export function shows(task: Task, { op, input }: Operation): boolean {
  if (task.id !== input.id) return false
  if (op === 'complete' || op === 'reopen') return task.completed === (op === 'complete')
  if (op === 'delete' || op === 'restore') return (task.deletedAt !== null) === (op === 'delete')
  const { id: _id, expectedVersion: _version, ...fields } = { expectedVersion: 0, ...input }
  const stored: Record<string, unknown> = { ...task }
  return Object.entries(fields).every(
    ([name, value]) => JSON.stringify(stored[name]) === JSON.stringify(value),
  )
}
