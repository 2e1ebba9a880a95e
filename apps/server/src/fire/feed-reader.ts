import { applyChanges, type TaskChanges, type TaskState } from '@tasklane/client'
import type { Ledger } from './ledger.ts'

/** What a program keeps of the feed. */
export interface Saved {
  state: TaskState
  /** `undefined` before the first page. */
  next: number | undefined
}

interface Setting {
  name: string
  ledger: Ledger
  /** Whether it starts from what is no place in this feed. */
  isToldToLoad?: boolean
}

/** Folds pages as a program does, and finds fault with those that the feed must not give. */
export class FeedReader {
  saved: Saved = { state: new Map(), next: undefined }
  /** Of the last change. */
  seq = 0
  readonly #setting: Setting
  #isToldToLoad: boolean
  /** The ids of a load that is not at its end. */
  #loaded: Set<string> | undefined
  readonly #seen = new Set<string>()

  constructor(setting: Setting) {
    this.#setting = setting
    this.#isToldToLoad = setting.isToldToLoad ?? false
  }

  /** Goes on from what was saved: what was not, is forgotten. */
  restart(): void {
    if (this.#loaded && this.saved.next === 0) {
      this.#seen.clear()
      this.seq = 0
    }
    this.#loaded = undefined
  }

  take(page: TaskChanges): void {
    if (page.resync) this.#beginLoad()
    if (this.#loaded) this.#checkLoad(page, this.#loaded)
    else this.#check(page)
    this.saved = { state: applyChanges(this.saved.state, page), next: page.next }
  }

  #beginLoad(): void {
    if (!this.#isToldToLoad) this.#fault('was told to load everything again')
    this.#isToldToLoad = false
    this.#loaded = new Set()
    this.#seen.clear()
    this.seq = 0
  }

  #checkLoad({ changes, next }: TaskChanges, loaded: Set<string>): void {
    for (const change of changes) {
      if (change.type === 'delete') this.#fault(`a load tells that ${change.id} is deleted`)
      else {
        if (loaded.has(change.task.id)) this.#fault(`a load gives ${change.task.id} twice`)
        loaded.add(change.task.id)
        this.#setting.ledger.see(change.task, this.#setting.name)
      }
    }
    if (next > 0) this.#loaded = undefined
  }

  #check({ changes, next }: TaskChanges): void {
    const { next: position = 0 } = this.saved
    if (next < position) this.#fault(`next fell from ${position} to ${next}`)
    for (const change of changes) {
      const { seq } = change
      const id = change.type === 'delete' ? change.id : change.task.id
      if (this.#seen.has(`${id} ${seq}`)) this.#fault(`seq ${seq} of ${id} came twice`)
      this.#seen.add(`${id} ${seq}`)
      if (seq <= this.seq) this.#fault(`seq ${seq} came after ${this.seq}`)
      if (seq <= position || seq > next) this.#fault(`seq ${seq} came between ${position} and ${next}`)
      this.seq = seq
      this.#setting.ledger.seeChange(change, this.#setting.name)
    }
  }

  #fault(what: string): void {
    this.#setting.ledger.faults.push(`${this.#setting.name}: ${what}`)
  }
}
