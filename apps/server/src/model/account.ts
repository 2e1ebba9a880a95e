import type { Priority, Reason } from '@tasklane/api/contract'
import { type Call, type CallOn, isMalformed, type Operation } from './calls.ts'

export interface Content {
  title: string
  description: string | null
  completed: boolean
  priority: Priority | null
  dueDate: string | null
  tags: string[]
}

/** What is the same at every version of a task. Known from the first answer on. */
interface Origin {
  id: string | undefined
  createdAt?: Date
}

/** A task at one version. Its instants are known once an answer told them. */
export interface ModelTask {
  origin: Origin
  content: Content
  version: number
  isTrashed: boolean
  updatedAt?: Date
  /** The newest that was known when it was written. */
  updatedAtMin?: Date | undefined
  completedAt?: Date
  deletedAt?: Date
}

export type Refusal = { kind: 'refused'; reason: Reason; task?: ModelTask; index?: number }

/** What a call must answer. */
export type Expectation =
  | { kind: 'task'; task: ModelTask }
  | { kind: 'purged'; id: string }
  | { kind: 'batch'; results: Expectation[] }
  | Refusal

/** What one user has, and what each call makes of it. */
export class Account {
  readonly userId: string
  #tasks: ModelTask[] = []
  #purgedIds = new Set<string>()
  #newestAt: Date | undefined

  constructor(userId: string) {
    this.userId = userId
  }

  clone(): Account {
    const copy = new Account(this.userId)
    copy.#adopt(this)
    return copy
  }

  get tasks(): readonly ModelTask[] {
    return this.#tasks
  }

  get live(): ModelTask[] {
    return this.#tasks.filter(({ isTrashed }) => !isTrashed)
  }

  get trash(): ModelTask[] {
    return this.#tasks.filter(({ isTrashed }) => isTrashed)
  }

  get purgedIds(): string[] {
    return [...this.#purgedIds]
  }

  find(id: string): ModelTask | undefined {
    return this.#tasks.find(({ origin }) => origin.id === id.toLowerCase())
  }

  /** Takes note of an instant of the database: what is written from now on is not older. */
  noteWrite(at: Date): void {
    if (!this.#newestAt || at > this.#newestAt) this.#newestAt = at
  }

  /** What retention does once everything in the trash is old. Gives how many rows go. */
  forget(): { tasks: number; taskTombstones: number } {
    const gone = { tasks: this.trash.length, taskTombstones: this.#purgedIds.size }
    this.#tasks = this.live
    this.#purgedIds.clear()
    return gone
  }

  /** Does what the server has to do, and tells what it has to answer. */
  run(call: Call): Expectation {
    switch (call.op) {
      case 'create':
        return this.#create(call.input)
      case 'batch':
        return call.input.atomic ? this.#runAll(call.input.operations) : this.#runEach(call.input.operations)
      default:
        return this.#runOn(call)
    }
  }

  #runOn({ op, input }: CallOn): Expectation {
    const task = this.find(input.id)
    const expectedVersion = 'expectedVersion' in input ? input.expectedVersion : undefined
    const id = input.id.toLowerCase()
    if (!task && op === 'purge' && this.#purgedIds.has(id)) return { kind: 'purged', id }
    const reachesTrash = op === 'delete' || op === 'restore' || op === 'purge'
    if (!task || (task.isTrashed && !reachesTrash)) return refused('TASK_NOT_FOUND')
    if (task.version !== (expectedVersion ?? task.version)) return refused('VERSION_CONFLICT', task)
    switch (op) {
      case 'get':
        return { kind: 'task', task }
      case 'update':
        return this.#write(task, { content: { ...task.content, ...given(input) } })
      case 'replace':
        return this.#write(task, { content: wholeContent(input) })
      case 'complete':
      case 'reopen':
        return this.#write(task, { content: { ...task.content, completed: op === 'complete' } })
      case 'delete':
      case 'restore':
        return this.#write(task, { isTrashed: op === 'delete' })
      case 'purge':
        return this.#purge(task, id)
    }
  }

  #create(input: Extract<Call, { op: 'create' }>['input']): Expectation {
    const id = input.id?.toLowerCase()
    const content = wholeContent(input)
    const known = id === undefined ? undefined : this.find(id)
    if (known) {
      const isSame = !known.isTrashed && isSameContent(known.content, content)
      return isSame ? { kind: 'task', task: known } : refused('TASK_ID_TAKEN', known)
    }
    const updatedAtMin = this.#newestAt
    const task: ModelTask = { origin: { id }, content, version: 1, isTrashed: false, updatedAtMin }
    this.#tasks = [...this.#tasks, task]
    if (id !== undefined) this.#purgedIds.delete(id)
    return { kind: 'task', task }
  }

  #write(task: ModelTask, change: Partial<Pick<ModelTask, 'content' | 'isTrashed'>>): Expectation {
    const { origin, completedAt, deletedAt } = task
    const { content, isTrashed } = { ...task, ...change }
    if (isSameContent(task.content, content) && task.isTrashed === isTrashed) return { kind: 'task', task }
    const next: ModelTask = {
      ...{ origin, content, isTrashed },
      version: task.version + 1,
      updatedAtMin: this.#newestAt,
      ...(completedAt && content.completed && { completedAt }),
      ...(deletedAt && isTrashed && { deletedAt }),
    }
    this.#tasks = this.#tasks.map((each) => (each === task ? next : each))
    return { kind: 'task', task: next }
  }

  #purge(task: ModelTask, id: string): Expectation {
    if (!task.isTrashed) return refused('TASK_NOT_IN_TRASH')
    this.#tasks = this.#tasks.filter((each) => each !== task)
    this.#purgedIds.add(id)
    return { kind: 'purged', id }
  }

  #runAll(operations: readonly Operation[]): Expectation {
    const malformed = operations.findIndex(isMalformed)
    if (malformed >= 0) return { ...refused('INPUT_INVALID'), index: malformed }
    const scratch = this.clone()
    const results: Expectation[] = []
    for (const [index, operation] of operations.entries()) {
      const result = scratch.#runOperation(operation)
      if (result.kind === 'refused') return { ...result, index }
      results.push(result)
    }
    this.#adopt(scratch)
    return { kind: 'batch', results }
  }

  #runEach(operations: readonly Operation[]): Expectation {
    return { kind: 'batch', results: operations.map((operation) => this.#runOperation(operation)) }
  }

  #runOperation(operation: Operation): Expectation {
    return isMalformed(operation) ? refused('INPUT_INVALID') : this.run(operation)
  }

  #adopt(other: Account): void {
    this.#tasks = [...other.#tasks]
    this.#purgedIds = new Set(other.#purgedIds)
    this.#newestAt = other.#newestAt
  }
}

function refused(reason: Reason, task?: ModelTask): Refusal {
  return { kind: 'refused', reason, ...(task && { task }) }
}

type GivenContent = Partial<{ [Name in keyof Content]: Content[Name] | null | undefined }>

/** The fields that are there, as they are stored. */
function given(input: GivenContent): Partial<Content> {
  const { title, description, completed, priority, dueDate, tags } = input
  const all = { title, description, completed, priority, dueDate, tags: storedTags(tags) }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function wholeContent(input: GivenContent & { title: string }): Content {
  const empty = { description: null, completed: false, priority: null, dueDate: null, tags: [] }
  return { ...empty, title: input.title, ...given(input) }
}

function storedTags(tags: string[] | null | undefined): string[] | undefined {
  return tags === undefined ? undefined : [...new Set((tags ?? []).map((tag) => tag.toLowerCase()))]
}

function isSameContent(one: Content, other: Content): boolean {
  return (
    one.title === other.title &&
    one.description === other.description &&
    one.completed === other.completed &&
    one.priority === other.priority &&
    one.dueDate === other.dueDate &&
    one.tags.join('\n') === other.tags.join('\n')
  )
}
