import type { ListedTask, Task } from '@tasklane/api/contract'

/** How many tasks to remember. */
const rememberedMax = 1000

/** What became of versions by writes of one's own. */
export class Versions {
  /** By task and version: the version that a write of one's own has made of it. */
  readonly #steps = new Map<string, number>()
  readonly #trashed = new Map<string, Task>()

  step(id: string, from: number | undefined, to: number): void {
    if (from !== undefined) remember(this.#steps, `${id} ${from}`, to)
  }

  /** The version that a version has become by writes of one's own alone. */
  latest(id: string, version: number): number {
    let latest = version
    for (let next: number | undefined = latest; next !== undefined; next = this.#steps.get(`${id} ${latest}`))
      latest = next
    return latest
  }

  /** Remembers a task that was put into the trash, so that it can be taken out of it. */
  keep(task: Task): void {
    if (task.deletedAt === null) this.#trashed.delete(task.id)
    else remember(this.#trashed, task.id, task)
  }

  trashed(id: string): Task | undefined {
    return this.#trashed.get(id)
  }

  /** Whether it is the task as it was before it was put into the trash. */
  isPast(task: ListedTask): boolean {
    const trashed = this.#trashed.get(task.id)
    return trashed !== undefined && task.version < trashed.version
  }

  clear(): void {
    this.#steps.clear()
    this.#trashed.clear()
  }
}

function remember<Value>(known: Map<string, Value>, key: string, value: Value): void {
  known.set(key, value)
  const [oldest] = known.keys()
  if (known.size > rememberedMax && oldest !== undefined) known.delete(oldest)
}
