import type { Task, TaskChanges } from '@tasklane/api/contract'

export type TaskState = ReadonlyMap<string, Task>
export type ApplyChanges = (state: TaskState, page: TaskChanges) => TaskState

/** What somebody who follows a feed has made of it so far, and where to go on. Holds the feed to its promises. */
export class Follower {
  position = 0
  state: TaskState = new Map()
  /** Whether deletions that it may not have read of were forgotten. */
  mayResync = false
  readonly #applyChanges: ApplyChanges
  #told = new Set<string>()
  #seq = 0
  /** While everything comes anew, under one and the same number. */
  #isLoading = false

  constructor(applyChanges: ApplyChanges) {
    this.#applyChanges = applyChanges
  }

  /** @throws when a change came twice, or in the wrong order, or everything is to be loaded without need. */
  take(page: TaskChanges): void {
    if (page.resync) this.#startAgain()
    for (const { seq, ...change } of page.changes) {
      const id = change.type === 'upsert' ? change.task.id : change.id
      if (this.#told.has(`${id} ${seq}`)) throw new Error(`Change ${seq} of ${id} came twice`)
      if (seq < this.#seq || (seq === this.#seq && !this.#isLoading))
        throw new Error(`Change ${seq} of ${id} came after change ${this.#seq}`)
      this.#told.add(`${id} ${seq}`)
      this.#seq = seq
    }
    if (page.next !== 0) this.#isLoading = false
    if (!this.#isLoading && page.next < this.#seq)
      throw new Error(`${page.next} goes back behind ${this.#seq}`)
    this.state = this.#applyChanges(this.state, page)
    this.position = page.next
  }

  /** Takes all tasks as they are, to go on from `next`. */
  load(tasks: readonly Task[], next: number): void {
    this.state = new Map(tasks.map((task) => [task.id, task]))
    this.position = next
    this.#seq = next
    this.#isLoading = false
  }

  #startAgain(): void {
    if (!this.mayResync) throw new Error('Everything is to be loaded anew, though no deletion was forgotten')
    this.#told = new Set()
    this.#seq = 0
    this.#isLoading = true
  }
}
