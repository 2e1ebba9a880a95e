import type { AppRouter } from '@tasklane/api/router'
import { createTRPCClient } from '@trpc/client'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createEventStream, deletion, unavailablePage } from './fixtures/events.ts'
import { createGate } from './fixtures/gate.ts'
import { createSubscriptionLink } from './subscription-link.ts'

type Answer = (url: string, init: RequestInit) => Response | Promise<Response>

const page = (next: number) => ({ changes: [deletion(next)], next, resync: false })

/** A subscription whose connections are answered one after the other; the last answer is for all that follow. */
function subscribe(answers: [Answer, ...Answer[]], { signal, onData = () => {} }: Listening = {}) {
  const [ended, failed, retried] = [createGate(), createGate(), createGate()]
  const requests: { url: string; init: RequestInit }[] = []
  const seen = { states: [] as string[], pages: [] as number[], error: undefined as unknown }
  const link = createSubscriptionLink({
    url: 'http://server.test/trpc',
    headersFor: async () => new Headers({ 'x-own': 'yes', accept: 'anything' }),
    answerTimeoutMilliseconds: 50,
    send: async (url, init = {}) => {
      requests.push({ url, init })
      return (await answers[Math.min(requests.length, answers.length) - 1]?.(url, init)) as Response
    },
  })
  const subscription = createTRPCClient<AppRouter>({ links: [link] }).tasks.onChange.subscribe(
    { since: 3 },
    {
      ...(signal && { signal }),
      onStarted: () => seen.states.push('started'),
      onStopped: () => seen.states.push('stopped'),
      onConnectionStateChange: ({ state, error }) => {
        seen.states.push(error ? `${state} after ${error.message}` : state)
        if (error) retried.open()
      },
      onData: ({ data }) => {
        seen.pages.push(data.next)
        onData(data.next)
      },
      onError: (error) => {
        seen.error = error
        failed.open()
      },
      onComplete: ended.open,
    },
  )
  onTestFinished(() => subscription.unsubscribe())
  return { subscription, requests, seen, ended: ended.opened, failed: failed.opened, retried: retried.opened }
}

interface Listening {
  signal?: AbortSignal
  onData?: (next: number) => void
}

/** Never answers, but minds the signal. */
const silence: Answer = (_url, { signal }) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
  })

function streamOf(...pages: number[]) {
  const stream = createEventStream()
  for (const next of pages) stream.page(page(next))
  return stream
}

/** Resolves when what was written has been read. */
const read = () => new Promise((resolve) => setImmediate(resolve))

afterEach(() => {
  vi.useRealTimers()
})

describe('a subscription', () => {
  it('asks for a stream with its input and its own headers, and follows no redirect', async () => {
    const { requests, retried } = subscribe([() => unavailablePage()])
    await retried
    const [{ url, init } = { url: '', init: {} }] = requests
    expect(decodeURIComponent(url)).toBe('http://server.test/trpc/tasks.onChange?input={"json":{"since":3}}')
    expect(init).toMatchObject({ redirect: 'error', cache: 'no-store' })
    expect(init.headers).toEqual({ 'x-own': 'yes', accept: 'text/event-stream' })
    expect(init.method ?? 'GET').toBe('GET')
  })

  it('ends when the server says that this was all', async () => {
    const stream = streamOf(4)
    stream.event('return')
    stream.page(page(5))
    const { seen, ended, requests } = subscribe([() => stream.response])
    await ended
    expect(seen.pages).toEqual([4])
    expect(seen.states).toEqual(['connecting', 'started', 'pending', 'stopped', 'idle'])
    expect(requests).toHaveLength(1)
  })

  it('tells how its connection stands', async () => {
    const stream = streamOf(4)
    const [first, second] = [createEventStream(), createEventStream()]
    first.end()
    second.event('serialized-error', '{"json":{"message":"Closing","code":-32603}}')
    stream.event('return')
    const { seen, ended } = subscribe([() => first.response, () => second.response, () => stream.response])
    await ended
    expect(seen.states).toEqual([
      ...['connecting', 'started', 'pending'],
      ...['connecting after The connection was lost', 'started', 'pending'],
      ...['connecting after Closing', 'started', 'pending'],
      ...['stopped', 'idle'],
    ])
  })

  it('goes on after the last event that had an id', async () => {
    const [first, second] = [streamOf(4, 5), streamOf(6)]
    first.end()
    second.event('return')
    const { seen, ended, requests } = subscribe([() => first.response, () => second.response])
    await ended
    expect(seen.pages).toEqual([4, 5, 6])
    const inputs = requests.map(({ url }) => new URL(url).searchParams.get('input'))
    expect(inputs).toEqual(['{"json":{"since":3}}', '{"json":{"since":3,"lastEventId":"5"}}'])
  })

  it('passes events over that it does not know', async () => {
    const stream = createEventStream()
    for (const name of ['ping', 'restore-id', 'news']) stream.event(name, 'anything')
    stream.page(page(4))
    stream.event('return')
    const { seen, ended } = subscribe([() => stream.response])
    await ended
    expect(seen.pages).toEqual([4])
    expect(seen.error).toBeUndefined()
  })

  it('brings nothing more once it was unsubscribed, though it had come already', async () => {
    const stream = streamOf(4, 5, 6)
    const { seen, ended, subscription } = subscribe([() => stream.response], {
      onData: () => subscription.unsubscribe(),
    })
    await ended
    await read()
    expect(seen.pages).toEqual([4])
    expect(stream.isCancelled()).toBe(true)
  })

  it('fails, and connects no more, when a listener throws', async () => {
    const stream = streamOf(4, 5)
    const { seen, failed, requests } = subscribe([() => stream.response], {
      onData: () => {
        throw new Error('of the listener')
      },
    })
    await failed
    expect(seen.error).toMatchObject({ message: 'of the listener' })
    expect(requests).toHaveLength(1)
    expect(stream.isCancelled()).toBe(true)
  })

  it('is ended at once by its signal, and sends nothing with one that was aborted before', async () => {
    const abort = new AbortController()
    const stream = streamOf(4)
    const { seen, ended } = subscribe([() => stream.response], {
      signal: abort.signal,
      onData: () => abort.abort(),
    })
    await ended
    expect(seen.states).toEqual(['connecting', 'started', 'pending', 'stopped', 'idle'])
    const late = subscribe([() => stream.response], { signal: abort.signal })
    await late.ended
    expect(late.requests).toEqual([])
  })
})

describe('a connection is given up', () => {
  it('when it is not answered', async () => {
    const stream = streamOf(4)
    stream.event('return')
    const { seen, ended, requests } = subscribe([silence, () => stream.response])
    await ended
    expect(seen.pages).toEqual([4])
    expect(requests[0]?.init.signal?.aborted).toBe(true)
  })

  it('when it is answered and then silent, even without a first event', async () => {
    const silent = new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
    const stream = streamOf(4)
    stream.event('return')
    const { seen, ended } = subscribe([() => silent, () => stream.response])
    await ended
    expect(seen.pages).toEqual([4])
  })

  it('when it is silent for longer than the server announced', async () => {
    const [silent, stream] = [createEventStream('{"reconnectAfterInactivityMs":30}'), streamOf(4)]
    stream.event('return')
    const { seen, ended } = subscribe([() => silent.response, () => stream.response])
    await ended
    expect(seen.pages).toEqual([4])
    expect(silent.isCancelled()).toBe(true)
  })

  it('not while something comes, be it the parts of one event', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const stream = createEventStream('{"reconnectAfterInactivityMs":30000}')
    const { seen, ended, requests } = subscribe([() => stream.response])
    for (let count = 0; count < 10; count += 1) {
      stream.write(': still here')
      await read()
      vi.advanceTimersByTime(29_000)
    }
    stream.write('\n')
    stream.page(page(4))
    stream.event('return')
    await ended
    expect(seen.pages).toEqual([4])
    expect(requests).toHaveLength(1)
  })

  it('not for silence where the server announced no limit', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const stream = createEventStream()
    const { ended, requests } = subscribe([() => stream.response])
    await read()
    vi.advanceTimersByTime(3_600_000)
    stream.event('return')
    await ended
    expect(requests).toHaveLength(1)
  })
})
