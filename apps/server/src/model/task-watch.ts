import type { Client } from './calls.ts'
import { type ApplyChanges, Follower, type TaskState } from './follower.ts'

/** Less than the pause in which a server asks by itself: a write that wakes nobody is too late. */
const newsTimeoutMilliseconds = 12_000

/** A user's `tasks.watch()` that runs until it is stopped, and what it has told. */
export class TaskWatch {
  readonly follower: Follower
  readonly #client: Client
  #abort = new AbortController()
  #ended: Promise<void> = Promise.resolve()
  #failure: unknown
  #onNews = () => {}

  constructor(client: Client, applyChanges: ApplyChanges) {
    this.#client = client
    this.follower = new Follower(applyChanges)
  }

  /** Goes on where it stood. */
  start(): void {
    this.#abort = new AbortController()
    this.#ended = this.#follow(this.#abort.signal)
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#ended
  }

  /** @throws what ended it, or when the news do not come in time. */
  async until(isThere: (state: TaskState) => boolean): Promise<void> {
    const deadline = performance.now() + newsTimeoutMilliseconds
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (isThere(this.follower.state)) return
      const left = deadline - performance.now()
      if (left <= 0)
        throw new Error(`The watch does not tell what changed: it stands at ${this.follower.position}`)
      await this.#news(left)
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    try {
      for await (const page of this.#client.tasks.watch({ since: this.follower.position, signal })) {
        this.follower.take(page)
        this.#onNews()
      }
      if (!signal.aborted) this.#failure = new Error('The watch ended by itself')
    } catch (error) {
      this.#failure = error
    }
    this.#onNews()
  }

  #news(timeoutMilliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMilliseconds)
      this.#onNews = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
