import { isTrackedEnvelope, type TrackedEnvelope, tracked } from '@trpc/server'
import { z } from 'zod'
import { jsonForms } from './json-form.ts'

/** The output of a subscription whose events have an id to continue from. Each event is checked as an output is. */
export function streamOf<Event extends z.ZodType>(event: Event) {
  return z
    .custom<AsyncIterable<TrackedEnvelope<z.input<Event>>>>(isAsyncIterable)
    .transform((events) => readAhead(checkEach(event, events)))
    .register(jsonForms, { of: event })
}

async function* checkEach<Event extends z.ZodType>(
  event: Event,
  events: AsyncIterable<TrackedEnvelope<z.input<Event>>>,
): AsyncGenerator<TrackedEnvelope<z.output<Event>>, void> {
  for await (const each of events) {
    if (!isTrackedEnvelope(each)) throw new TypeError('An event has no id')
    const [id, data] = each
    yield tracked(id, await event.parseAsync(data))
  }
}

/**
 * tRPC asks for an event before it waits for it. A stream that fails while its reader is slow would be a
 * rejection that nobody handles, and the end of the process.
 */
function readAhead<Event>(events: AsyncGenerator<Event, void>): AsyncIterableIterator<Event, void> {
  return {
    next: () => {
      const next = events.next()
      next.catch(() => {})
      return next
    },
    return: () => events.return(),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function isAsyncIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
