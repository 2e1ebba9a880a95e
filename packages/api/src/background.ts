import { describeError } from '@tasklane/db'
import pLimit from 'p-limit'
import type { Logger } from './context.ts'

/** Work that its caller does not wait for, such as sending mail. */
export interface Background {
  /** Starts the work in its turn. A failure goes to the log. */
  run(name: string, work: () => Promise<void>): void
  /** The same after a pause, or when the process closes if that is sooner. */
  runLater(milliseconds: number, name: string, work: () => Promise<void>): void
  /** Resolves when all work is done, also what was to be started later. Call it before the database is closed. */
  settled(): Promise<void>
}

const inFlightMax = 4
const waitingMax = 1000

export function createBackground(log: Logger): Background {
  const limit = pLimit(inFlightMax)
  const underWay = new Set<Promise<void>>()
  const later = new Set<() => void>()

  function run(name: string, work: () => Promise<void>): void {
    if (limit.pendingCount >= waitingMax) {
      log.error({ name }, 'too much work in the background, some was left undone')
      return
    }
    const done = limit(work)
      .catch((error: unknown) => log.error({ name, error: describeError(error) }, 'background work failed'))
      .finally(() => underWay.delete(done))
    underWay.add(done)
  }

  return {
    run,
    runLater(milliseconds, name, work) {
      if (later.size >= waitingMax) {
        log.error({ name }, 'too much work in the background, some was left undone')
        return
      }
      const start = () => {
        clearTimeout(timer)
        if (later.delete(start)) run(name, work)
      }
      const timer = setTimeout(start, milliseconds).unref()
      later.add(start)
    },
    async settled() {
      while (later.size > 0 || underWay.size > 0) {
        for (const start of later) start()
        await Promise.all(underWay)
      }
    },
  }
}
