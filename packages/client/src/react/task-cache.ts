import { notifyManager, type Query, type QueryClient } from '@tanstack/react-query'
import type { ListedTask, Task, TaskChange } from '@tasklane/api/contract'
import { CachedTasks, newest } from './cached-tasks.ts'
import { isOf, pathOf } from './keys.ts'
import { placeTask, removeTask } from './place-task.ts'
import { createRefresh } from './refresh-soon.ts'
import { type TaskConflict, TaskConflicts } from './task-conflicts.ts'
import { Versions } from './task-versions.ts'
import { grant, type TaskWish } from './task-wish.ts'

/** A write that is shown before the server has answered. */
export interface PendingWrite {
  id: string
  wish: TaskWish
  /** The task as a creation makes it. */
  created?: ListedTask
  /** The version that it is meant for. `undefined` for whatever there is. */
  expects: number | undefined
  /** The conflict that it decides: open again if it fails. */
  decides?: TaskConflict | undefined
}

/** A task that is written to: as the server has it, and what is to become of it. */
interface Written {
  base: ListedTask | undefined
  writes: PendingWrite[]
}

const isOfTasks = ({ queryKey }: Query) => isOf(pathOf(queryKey), 'tasks')

type Learned = { task: ListedTask } | { removedId: string }

/**
 * What all cached lists and tasks show: the newest that the server has said of a task, and over it what was
 * written and is not answered yet.
 */
export class TaskCache {
  readonly conflicts = new TaskConflicts()
  readonly versions = new Versions()
  /** How far the feed was read. */
  position: number | undefined
  readonly refreshSoon: (which: (query: Query) => boolean) => void
  readonly #cached: CachedTasks
  readonly #queryClient: QueryClient
  readonly #written = new Map<string, Written>()
  readonly #listeners = new Set<() => void>()
  /** What was learned since requests left that are still under way: their answers may be older. */
  #learned: Learned[] = []
  #unsaved: readonly string[] = []

  constructor(queryClient: QueryClient) {
    this.#queryClient = queryClient
    this.#cached = new CachedTasks(queryClient)
    this.refreshSoon = createRefresh(queryClient)
    queryClient.getQueryCache().subscribe((event) => {
      if (event.type !== 'updated' || event.action.type !== 'success' || event.action.manual) return
      if (isOfTasks(event.query)) this.#correct(event.query)
    })
  }

  /** The ids of tasks with writes that are not answered yet. */
  get unsaved(): readonly string[] {
    return this.#unsaved
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The newest that the server has said of a task. */
  baseOf(id: string): ListedTask | undefined {
    const trashed = this.versions.trashed(id)
    const cached = this.#written.get(id)?.base ?? this.#cached.find(id)
    return trashed && cached ? newest(cached, trashed) : (cached ?? trashed)
  }

  /** Whether a write is shown and not answered yet, and its user still there. */
  has(write: PendingWrite): boolean {
    return this.#written.get(write.id)?.writes.includes(write) === true
  }

  begin(write: PendingWrite): void {
    const written = this.#written.get(write.id) ?? { base: this.baseOf(write.id), writes: [] }
    written.writes.push(write)
    this.#written.set(write.id, written)
    this.#tell()
    this.#show(write.id)
  }

  succeed(write: PendingWrite, task: Task): void {
    if (!this.has(write)) return
    if (write.expects !== task.version) this.versions.step(task.id, write.expects, task.version)
    for (const later of this.#written.get(task.id)?.writes ?? [])
      if (later !== write && later.expects === write.expects) later.expects = task.version
    this.versions.keep(task)
    this.#end(write, task)
  }

  /** Takes a write back. `theirs` is the task as the server has it, `null` where it has none. */
  fail(write: PendingWrite, theirs: Task | null | undefined): void {
    this.#end(write, theirs)
  }

  /** Takes in what has become of tasks. */
  fold(changes: readonly TaskChange[]): void {
    notifyManager.batch(() => {
      for (const change of changes)
        this.#learn(change.type === 'upsert' ? { task: change.task } : { removedId: change.id })
    })
    if (changes.length > 0) this.refreshSoon(({ queryKey }) => pathOf(queryKey) === 'tasks.counts')
  }

  /** Asks for everything anew that is about tasks. */
  refreshAll(): void {
    void this.#queryClient.invalidateQueries({ predicate: isOfTasks })
  }

  /** Forgets what is known of one user's tasks. */
  clear(): void {
    this.position = undefined
    this.#written.clear()
    this.#learned = []
    this.versions.clear()
    this.conflicts.clear()
    this.#tell()
  }

  #end(write: PendingWrite, task: Task | null | undefined): void {
    const written = this.#written.get(write.id)
    if (!written) return
    written.writes = written.writes.filter((other) => other !== write)
    if (task === null) written.base = undefined
    if (written.writes.length === 0) {
      this.#written.delete(write.id)
      this.#tell()
      this.#learn(task ? { task } : written.base ? { task: written.base } : { removedId: write.id })
    } else if (task) this.#learn({ task })
    else this.#show(write.id)
  }

  #isAsking(): boolean {
    return this.#queryClient.isFetching({ predicate: isOfTasks }) > 0
  }

  #learn(learned: Learned): void {
    if (this.#isAsking()) this.#learned.push(learned)
    else this.#learned = []
    this.#apply(learned)
  }

  #apply(learned: Learned): void {
    if ('task' in learned) {
      const { task } = learned
      if (this.versions.isPast(task)) return
      const written = this.#written.get(task.id)
      if (written) written.base = merge(written.base, task)
      if (written) this.#show(task.id)
      else this.#place(task)
    } else {
      const written = this.#written.get(learned.removedId)
      if (written) written.base = undefined
      this.#remove(learned.removedId)
      this.#show(learned.removedId)
    }
  }

  /** An answer may be older than what was learned since it was asked for, and knows nothing of what is pending. */
  #correct(answered: Query): void {
    const learned = this.#learned
    if (!this.#isAsking()) this.#learned = []
    notifyManager.batch(() => {
      for (const each of learned) this.#apply(each)
      for (const [id, written] of this.#written) {
        const copy = this.#cached.copyIn(answered, id)
        if (copy && !this.versions.isPast(copy)) written.base = merge(written.base, copy)
        this.#show(id)
      }
    })
  }

  /** Shows a task that is written to. */
  #show(id: string): void {
    const written = this.#written.get(id)
    if (!written) return
    let shown = written.base
    for (const { created, wish } of written.writes) {
      const before: ListedTask | undefined = created ? (shown ?? created) : shown
      shown = before && grant(before, wish)
    }
    if (shown) this.#place(shown)
    else this.#remove(id)
  }

  #place(task: ListedTask): void {
    const uncertain = this.#cached.changeLists((list) => placeTask(list, task))
    const useless = this.#cached.changeTask(task.id, (copy) => {
      if (task.deletedAt !== null) return undefined
      const { description = copy.description } = task
      return copy.version > task.version ? copy : { ...copy, ...task, description }
    })
    this.#ask([...uncertain, ...useless])
  }

  #remove(id: string): void {
    const uncertain = this.#cached.changeLists((list) => removeTask(list, id))
    this.#ask([...uncertain, ...this.#cached.changeTask(id, () => undefined)])
  }

  #ask(queries: readonly Query[]): void {
    if (queries.length === 0) return
    const hashes = new Set(queries.map(({ queryHash }) => queryHash))
    this.refreshSoon(({ queryHash }) => hashes.has(queryHash))
  }

  #tell(): void {
    this.#unsaved = [...this.#written.keys()]
    for (const listener of this.#listeners) listener()
  }
}

function merge(base: ListedTask | undefined, task: ListedTask): ListedTask {
  return base ? newest(base, task) : task
}

const caches = new WeakMap<QueryClient, TaskCache>()

/** The one of a query client. */
export function taskCacheOf(queryClient: QueryClient): TaskCache {
  const cache = caches.get(queryClient) ?? new TaskCache(queryClient)
  caches.set(queryClient, cache)
  return cache
}
