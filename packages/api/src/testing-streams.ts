import { onTestFinished } from 'vitest'
import type { Dependencies } from './context.ts'
import type { TaskChanges } from './features/tasks/contract.ts'
import type { ErrorData } from './reasons.ts'
import { transformer } from './transformer.ts'

/** A server-sent event, read. */
export interface ServerSentEvent {
  /** `message` where it has no other name. */
  name: string
  id: string | undefined
  data: unknown
}

/** An answer of events that a test reads one by one. */
export interface EventStream {
  response: Response
  /** `undefined` after the last one. */
  next(): Promise<ServerSentEvent | undefined>
  /** The next page of changes, with pings passed over. Rejects when something else comes. */
  page(): Promise<TaskChanges & { id: string | undefined }>
  /** What the stream ends with, when nothing else comes before. Rejects when it does not end by an error. */
  refusal(): Promise<ErrorData>
  /** Leaves, as a caller does that reads no more. */
  leave(): Promise<void>
}

/** Reads an answer as server-sent events. It is left with the test. */
export function readEvents(response: Response): EventStream {
  const reader = readerOf(response)
  const decoder = new TextDecoder()
  const events: ServerSentEvent[] = []
  let text = ''
  onTestFinished(() => reader.cancel().catch(() => {}))

  async function next(): Promise<ServerSentEvent | undefined> {
    while (events.length === 0) {
      const { done, value } = await reader.read()
      if (done) return undefined
      const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
      text = blocks.pop() ?? ''
      events.push(...blocks.filter((block) => block.trim() !== '').map(eventOf))
    }
    return events.shift()
  }

  async function nextButPing(): Promise<ServerSentEvent | undefined> {
    const event = await next()
    return event?.name === 'ping' || event?.name === 'connected' ? await nextButPing() : event
  }

  return {
    response,
    next,
    page: async () => {
      const event = await nextButPing()
      if (event?.name !== 'message') throw new Error('No page came', { cause: event })
      return { ...(event.data as TaskChanges), id: event.id }
    },
    refusal: async () => {
      const event = await nextButPing()
      if (event?.name !== 'serialized-error') throw new Error('No refusal came', { cause: event })
      const after = await next()
      if (after) throw new Error('An event came after the refusal', { cause: after })
      return (event.data as { data: ErrorData }).data
    },
    leave: () => reader.cancel(),
  }
}

/** `tasks.onChange` with this input, as a path. */
export function followPath(input: object = {}, query = ''): string {
  return `/trpc/tasks.onChange?input=${encodeURIComponent(JSON.stringify({ json: input }))}${query}`
}

/** What the streams of a server hold. */
export interface OpenStreams {
  readonly subscriptions: number
  /** For revocations. */
  readonly listeners: number
  /** Resolves as soon as there are exactly so many of each. */
  until(count: number): Promise<void>
}

/** Counts what is opened from now on. */
export function countStreams({ changeBus, revocations }: Dependencies): OpenStreams {
  const open = { subscriptions: 0, listeners: 0 }
  let waiting: (() => boolean)[] = []

  const add = (kind: keyof typeof open, change: number) => {
    open[kind] += change
    waiting = waiting.filter((isStillWaiting) => isStillWaiting())
  }
  const { subscribe } = changeBus
  const { onAdd } = revocations
  changeBus.subscribe = (userId) => {
    const subscription = subscribe(userId)
    const { end } = subscription
    add('subscriptions', 1)
    subscription.end = () => {
      end.call(subscription)
      add('subscriptions', -1)
    }
    return subscription
  }
  revocations.onAdd = (listener) => {
    const stop = onAdd(listener)
    add('listeners', 1)
    return () => {
      stop()
      add('listeners', -1)
    }
  }
  return {
    get subscriptions() {
      return open.subscriptions
    },
    get listeners() {
      return open.listeners
    },
    until: (count) =>
      new Promise((resolve) => {
        waiting.push(() => {
          const isReached = open.subscriptions === count && open.listeners === count
          if (isReached) resolve()
          return !isReached
        })
        add('listeners', 0)
      }),
  }
}

function readerOf({ body }: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (!body) throw new Error('The answer has no body')
  return body.getReader()
}

function eventOf(block: string): ServerSentEvent {
  const fields = new Map(
    block
      .trim()
      .split('\n')
      .map((line) => line.split(/: ?(.*)/s) as [string, string]),
  )
  const { event: name = 'message', id, data = '' } = Object.fromEntries(fields)
  const isOurs = name === 'message' || name === 'serialized-error'
  return { name, id, data: isOurs ? transformer.output.deserialize(JSON.parse(data)) : data }
}
