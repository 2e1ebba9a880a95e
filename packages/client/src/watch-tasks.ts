import type { ListedTask, TaskChange, TaskChanges, TaskList } from '@tasklane/api/contract'
import { Attempts, isLasting, within } from './retry.ts'
import { asOneUser } from './starter.ts'
import { openTaskFeed, type Tasks } from './task-feed.ts'

export interface WatchOptions {
  /** The `next` of the last page that was taken in: goes on after it. 0 for everything. Default: from now on. */
  since?: number | undefined
  /** Ends the iteration, without an error. */
  signal?: AbortSignal | undefined
}

/**
 * The changes of the signed-in user's tasks as they come, page by page, for `for await`. It connects
 * with the first `next()`, and ends with `break`, `return()` or the signal: the connection is closed at
 * once.
 *
 * Whatever breaks on the way, nothing is missed and nothing comes twice: a lost connection is made
 * again, from where the last page ended, after 0.1 to 10 seconds. Each task and `seq` comes once, and
 * no `seq` is lower than one before, but after `resync`. Without `since` the first page is empty and
 * tells where the feed stands. Whoever stores what a page changes stores its `next` with it, and starts
 * there the next time.
 *
 * A page with `resync` is the first of all tasks as they are now: drop what you have. The pages up to
 * the last one of them have 0 for `next`, so that starting there begins the load anew.
 *
 * It reads no more than 1000 changes ahead of its reader.
 *
 * Throws TRPCClientError for what waiting cannot cure: `UNAUTHORIZED`, also once another user has
 * signed in, `FORBIDDEN`, `BAD_REQUEST` and `NOT_FOUND`.
 */
export type WatchTasks = (options?: WatchOptions) => AsyncIterableIterator<TaskChanges, undefined>

interface Timing {
  /** How long to wait for a page of the list. Longer after each failure, for a slow line. */
  answerTimeoutMilliseconds: number
}

const pageLimit = 100

export function watchTasks(
  tasks: Tasks,
  { since, signal }: WatchOptions = {},
  timing: Timing = { answerTimeoutMilliseconds: 30_000 },
): AsyncIterableIterator<TaskChanges, undefined> {
  const stop = new AbortController()
  const abort = () => stop.abort()
  const pages = whileListening()

  async function* whileListening(): AsyncGenerator<TaskChanges, undefined> {
    if (signal?.aborted) return undefined
    signal?.addEventListener('abort', abort)
    try {
      return yield* new Watch({ tasks, timing, since, stop: stop.signal }).pages()
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  return {
    next: () => pages.next(),
    return: async () => {
      stop.abort()
      return await pages.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

interface Setting {
  tasks: Tasks
  timing: Timing
  since: number | undefined
  stop: AbortSignal
}

class Watch {
  readonly #tasks: Tasks
  readonly #timing: Timing
  readonly #stop: AbortSignal
  readonly #context = asOneUser()
  readonly #attempts = new Attempts()
  #position: number | undefined

  constructor({ tasks, timing, stop, since }: Setting) {
    this.#tasks = tasks
    this.#timing = timing
    this.#stop = stop
    this.#position = since
  }

  async *pages(): AsyncGenerator<TaskChanges, undefined> {
    while (!this.#stop.aborted) {
      this.#attempts.start()
      try {
        const resync = yield* this.#follow()
        if (resync) yield* this.#loadAll(resync.next)
      } catch (error) {
        await this.#recover(error)
      }
    }
    return undefined
  }

  /** Gives the page that says that everything has to be loaded. */
  async *#follow(): AsyncGenerator<TaskChanges, TaskChanges | undefined> {
    for await (const page of this.#connect()) {
      if (page.resync) return page
      const news = newsIn(page, this.#position)
      if (!news) continue
      this.#position = news.next
      yield news
    }
    return undefined
  }

  /** What one connection brings. Throws when it is lost. */
  async *#connect(): AsyncGenerator<TaskChanges, void> {
    const feed = openTaskFeed(this.#tasks, { since: this.#position, context: this.#context })
    this.#stop.addEventListener('abort', feed.close)
    try {
      for (let page = await feed.next(); page; page = await feed.next()) {
        this.#attempts.succeed()
        yield page
      }
    } finally {
      this.#stop.removeEventListener('abort', feed.close)
      feed.close()
    }
  }

  /** All tasks. What changes meanwhile comes after `next`, for it is later. */
  async *#loadAll(next: number): AsyncGenerator<TaskChanges, void> {
    let cursor: string | null | undefined
    let resync = true
    while (cursor !== null) {
      const list = await this.#list(cursor)
      if (!list) return
      cursor = list.nextCursor
      yield {
        changes: list.tasks.map((task) => upsertOf(task, next)),
        next: cursor === null ? next : 0,
        resync,
      }
      resync = false
    }
    this.#position = next
  }

  /** A page of the list, however often it has to be asked for. Gives nothing once the watch was stopped. */
  async #list(cursor: string | undefined): Promise<TaskList | undefined> {
    while (!this.#stop.aborted) {
      this.#attempts.start()
      try {
        const milliseconds = this.#timing.answerTimeoutMilliseconds * (this.#attempts.failures + 1)
        const list = await within({ milliseconds, signal: this.#stop }, (signal) =>
          this.#tasks.list.query(
            {
              sort: 'createdAt',
              order: 'asc',
              limit: pageLimit,
              includeTotal: false,
              ...(cursor && { cursor }),
            },
            { signal, context: this.#context },
          ),
        )
        this.#attempts.succeed()
        return list
      } catch (error) {
        await this.#recover(error)
      }
    }
    return undefined
  }

  /** Waits for the next attempt. Throws what waiting cannot cure. */
  async #recover(error: unknown): Promise<void> {
    if (this.#stop.aborted) return
    if (isLasting(error)) throw error
    await this.#attempts.wait(error, this.#stop)
  }
}

/** What of a page is new to whoever has read up to `position`. */
function newsIn(page: TaskChanges, position: number | undefined): TaskChanges | undefined {
  if (position === undefined) return page
  const changes = page.changes.filter(({ seq }) => seq > position)
  return changes.length > 0 || page.next > position ? { ...page, changes } : undefined
}

function upsertOf({ snippet, ...task }: ListedTask, seq: number): TaskChange {
  return { seq, type: 'upsert', task: { ...task, description: task.description ?? null } }
}
