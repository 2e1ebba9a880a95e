import type { Task, TaskChange } from '@tasklane/client'
import type { Random } from './random.ts'

type Place = 'live' | 'trash'

/** What the answers to one user's writers, watchers and readers have shown, and where they contradict one another. */
export class Ledger {
  readonly faults: string[] = []
  /** Acknowledged creations, in their order. */
  readonly created = new Set<string>()
  readonly purged = new Set<string>()
  readonly #newest = new Map<string, Task>()
  readonly #contents = new Map<string, string>()
  readonly #changes = new Map<number, string>()
  readonly #uncertain = new Set<string>()

  /** Takes in a task as an answer shows it. */
  see(task: Task, where: string): void {
    const key = `${task.id} at version ${task.version}`
    const content = contentOf(task)
    const known = this.#contents.get(key) ?? content
    if (content !== known) this.faults.push(`${where}: ${key} is ${content}, but was ${known}`)
    this.#contents.set(key, known)
    if (task.version >= (this.#newest.get(task.id)?.version ?? 0)) this.#newest.set(task.id, task)
  }

  /** Takes in a change that was told as one: each number belongs to one change of one task. */
  seeChange(change: TaskChange, where: string): void {
    const what =
      change.type === 'delete' ? `delete ${change.id}` : `upsert ${change.task.id} ${change.task.version}`
    const known = this.#changes.get(change.seq) ?? what
    if (what !== known) this.faults.push(`${where}: seq ${change.seq} is "${what}", but was "${known}"`)
    this.#changes.set(change.seq, known)
    if (change.type === 'upsert') this.see(change.task, where)
  }

  /** These may have been written though nobody was told: all or nothing, and the answer was lost. */
  doubt(ids: string[]): void {
    for (const id of ids) this.#uncertain.add(id)
  }

  /** Any of the tasks whose creation was acknowledged, mostly one that is in `place`. */
  pick(random: Random, place: Place): Task | undefined {
    const all = [...this.#newest.values()].filter(({ id }) => this.created.has(id))
    const isFitting = ({ id, deletedAt }: Task) =>
      !this.purged.has(id) && (deletedAt === null) === (place === 'live')
    const [first, ...others] = random.isTrue(0.9) ? all.filter(isFitting) : all
    return first && random.pick([first, ...others])
  }

  /** Compares with everything that there is, the trash included. */
  settle(tasks: Task[]): void {
    const stored = new Map(tasks.map((task) => [task.id, task]))
    if (stored.size !== tasks.length) this.faults.push(`${tasks.length - stored.size} tasks are listed twice`)
    for (const task of tasks) {
      if (this.purged.has(task.id)) this.faults.push(`${task.id} was purged, and is there`)
      if (!this.created.has(task.id) && !this.#uncertain.has(task.id))
        this.faults.push(`${task.id} is there, though nobody who made it was told so`)
      const told = this.#newest.get(task.id)?.version ?? 0
      const isAsTold = this.#uncertain.has(task.id) ? task.version >= told : task.version === told
      if (told > 0 && !isAsTold)
        this.faults.push(`${task.id} has version ${task.version}, but the newest that was told is ${told}`)
      this.see(task, 'the table')
    }
    for (const id of new Set([...this.created, ...this.#newest.keys()])) {
      if (!stored.has(id) && !this.purged.has(id)) this.faults.push(`${id} was told, and is gone`)
    }
  }
}

/** The same text for the same task. */
export function contentOf(task: Task): string {
  return JSON.stringify(Object.entries(task).sort())
}
