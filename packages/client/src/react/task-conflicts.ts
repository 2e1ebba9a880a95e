import type { Task } from '@tasklane/api/contract'
import type { TaskWish } from './task-wish.ts'

/** Two who have changed a task at the same time, of whom the other was faster. */
export interface TaskConflict {
  id: string
  /** What one wanted, and what is not written. */
  mine: TaskWish
  /** The task as it is now. */
  theirs: Task
}

/** The conflicts that nobody has decided yet, one of a task. */
export class TaskConflicts {
  readonly #listeners = new Set<() => void>()
  #open: readonly TaskConflict[] = []

  get open(): readonly TaskConflict[] {
    return this.#open
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  add({ id, mine, theirs }: TaskConflict): void {
    const before = this.#open.find((conflict) => conflict.id === id)
    this.#set([...this.#without(id), { id, mine: { ...before?.mine, ...mine }, theirs }])
  }

  resolve(id: string): void {
    this.#set(this.#without(id))
  }

  clear(): void {
    this.#set([])
  }

  #without(id: string): TaskConflict[] {
    return this.#open.filter((conflict) => conflict.id !== id)
  }

  #set(open: readonly TaskConflict[]): void {
    this.#open = open
    for (const listener of this.#listeners) listener()
  }
}
