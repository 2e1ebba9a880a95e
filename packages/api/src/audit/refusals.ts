import type { Db } from '@tasklane/db'
import { LRUCache } from 'lru-cache'
import type { Background } from '../background.ts'
import type { AuthEvent } from './events.ts'
import { insertEvent, setEventCount } from './queries.ts'

/** One more call of a kind that may come in floods. */
export interface Refusal {
  /** What happened to whom: the calls of one window share an event. */
  key: string
  /** From the first refusal on. */
  windowSeconds: number
  describe: () => AuthEvent
}

/** Records refused calls as one event for each key and window, with a count: a flood of calls is no flood of rows. */
export interface Refusals {
  record(refusal: Refusal): Promise<void>
}

const rememberedMax = 10_000
const writePauseMilliseconds = 1000

interface Recorded {
  eventId: string
  count: number
  windowEndsAt: number
  isToBeWritten: boolean
}

interface Options {
  db: Db
  background: Background
  now: () => Date
}

export function createRefusals({ db, background, now }: Options): Refusals {
  const recordedOf = new LRUCache<string, Recorded>({ max: rememberedMax })

  /** At most one write a second for each key, however many calls are refused. */
  function writeLater(recorded: Recorded): void {
    if (recorded.isToBeWritten) return
    recorded.isToBeWritten = true
    background.runLater(writePauseMilliseconds, 'count refusals', async () => {
      recorded.isToBeWritten = false
      await setEventCount(db, { id: recorded.eventId, count: recorded.count })
    })
  }

  return {
    async record({ key, windowSeconds, describe }) {
      const recorded = recordedOf.get(key)
      if (recorded && now().getTime() < recorded.windowEndsAt) {
        recorded.count += 1
        return writeLater(recorded)
      }
      const event = describe()
      const windowEndsAt = now().getTime() + windowSeconds * 1000
      recordedOf.set(key, { eventId: event.id, count: 1, windowEndsAt, isToBeWritten: false })
      await insertEvent(db, event)
    },
  }
}
