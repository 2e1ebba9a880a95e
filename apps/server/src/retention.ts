import type { Logger } from '@tasklane/api'
import { describeError } from '@tasklane/db'

const hourMilliseconds = 3_600_000

/** Work that is done when the process starts and then again and again, one at a time. */
export interface Retention {
  start(): void
  /** Starts no more, and resolves when what runs is done. */
  stop(): Promise<void>
}

interface Options {
  /** Deletes what is kept no longer. */
  run: () => Promise<unknown>
  log: Logger
  /** Default one hour. */
  everyMilliseconds?: number
}

/** A failure goes to the log, and the next turn comes as if there had been none. */
export function createRetention({ run, log, everyMilliseconds = hourMilliseconds }: Options): Retention {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isStopped = false

  async function runOnce(): Promise<void> {
    try {
      await run()
    } catch (error) {
      log.error({ error: describeError(error) }, 'retention failed')
    }
    running = undefined
  }
  const takeTurn = () => {
    running ??= runOnce()
  }

  return {
    start() {
      if (isStopped || timer) return
      timer = setInterval(takeTurn, everyMilliseconds).unref()
      takeTurn()
    },
    async stop() {
      isStopped = true
      clearInterval(timer)
      await running
    },
  }
}
