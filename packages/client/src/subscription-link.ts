import type { AppRouter } from '@tasklane/api/router'
import {
  type Operation,
  type OperationResultEnvelope,
  TRPCClientError,
  type TRPCFetch,
  type TRPCLink,
} from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { continueFrom } from './continue-from.ts'
import { asError } from './errors.ts'
import { Attempts, isLasting } from './retry.ts'
import { readEvents, type ServerEvent } from './server-events.ts'
import { wire } from './wire.ts'

type Failure = TRPCClientError<AppRouter>
type Result = OperationResultEnvelope<unknown, Failure>['result']

interface Options {
  url: string
  send: TRPCFetch
  /** Asked at each connection. */
  headersFor: (operations: Operation[]) => Promise<Headers>
  /** How long to wait for the first event. From then on the server tells for how long it may be silent. */
  answerTimeoutMilliseconds?: number
}

/**
 * Sends subscriptions as server-sent events, by `fetch`: a browser's `EventSource` sends no headers. A
 * connection that is lost is made again, from the last event that had an id; one that is refused for
 * good ends the subscription.
 */
export function createSubscriptionLink(options: Options): TRPCLink<AppRouter> {
  return () =>
    ({ op }) =>
      observable((observer) => {
        const stop = new AbortController()

        function end(): void {
          stop.abort()
          observer.next({ result: { type: 'stopped' } })
          observer.next({ result: { type: 'state', state: 'idle', error: null } })
          observer.complete()
        }

        async function run(): Promise<void> {
          for await (const result of new Subscription(options, op, stop.signal).results()) {
            observer.next({ result })
          }
          end()
        }

        if (op.signal?.aborted) return end()
        op.signal?.addEventListener('abort', end)
        run().catch((cause) => observer.error(TRPCClientError.from(asError(cause))))
        return () => {
          op.signal?.removeEventListener('abort', end)
          stop.abort()
          observer.complete()
        }
      })
}

class Subscription {
  readonly #options: Options
  readonly #op: Operation
  readonly #stop: AbortSignal
  readonly #attempts = new Attempts()
  #input: unknown

  constructor(options: Options, op: Operation, stop: AbortSignal) {
    this.#options = options
    this.#op = op
    this.#stop = stop
    this.#input = op.input
  }

  async *results(): AsyncGenerator<Result, void> {
    yield { type: 'state', state: 'connecting', error: null }
    while (!this.#stop.aborted) {
      this.#attempts.start()
      try {
        return yield* this.#connect()
      } catch (cause) {
        if (this.#stop.aborted) return
        const error: Failure = TRPCClientError.from(asError(cause))
        if (isLasting(error)) throw error
        yield { type: 'state', state: 'connecting', error }
        await this.#attempts.wait(error, this.#stop)
      }
    }
  }

  /** What one connection brings, until the server says that this is all. Throws when it is lost. */
  async *#connect(): AsyncGenerator<Result, void> {
    const { send, headersFor, answerTimeoutMilliseconds = 30_000 } = this.#options
    const headers = await headersFor([this.#op])
    headers.set('accept', 'text/event-stream')
    const silence = createSilenceLimit(this.#stop, answerTimeoutMilliseconds)
    try {
      if (this.#stop.aborted) return
      const request = {
        headers: Object.fromEntries(headers),
        signal: silence.signal,
        cache: 'no-store',
        redirect: 'error',
      } as const
      const answer = (await send(this.#url(), request)) as Response
      const { body } = answer
      if (!body || !isEventStream(answer)) throw await failureOf(answer)
      for await (const event of readEvents(body, { signal: silence.signal, onBytes: silence.restart })) {
        if (event.name === 'return') return
        if (event.name === 'connected') silence.allow(JSON.parse(event.data).reconnectAfterInactivityMs)
        yield* this.#resultsOf(event)
      }
      throw new TRPCClientError('The connection was lost')
    } finally {
      silence.end()
    }
  }

  *#resultsOf({ name, data, id }: ServerEvent): Generator<Result, void> {
    if (name === 'connected') {
      yield { type: 'started' }
      yield { type: 'state', state: 'pending', error: null }
    }
    if (name === 'serialized-error') throw refusalOf(JSON.parse(data))
    if (name === 'message') {
      const value = wire.output.deserialize(JSON.parse(data))
      this.#attempts.succeed()
      this.#input = continueFrom(this.#input, id)
      yield id === undefined ? { type: 'data', data: value } : { type: 'data', id, data: { id, data: value } }
    }
  }

  #url(): string {
    const { path } = this.#op
    const input = wire.input.serialize(this.#input)
    return `${this.#options.url}/${path}?input=${encodeURIComponent(JSON.stringify(input))}`
  }
}

/** A signal that aborts with another, or when nothing came for too long. */
function createSilenceLimit(stop: AbortSignal, firstMilliseconds: number) {
  const abort = new AbortController()
  const hangUp = () => abort.abort()
  let milliseconds: number | undefined = firstMilliseconds
  let timer: ReturnType<typeof setTimeout> | undefined

  function restart(): void {
    clearTimeout(timer)
    if (milliseconds && !abort.signal.aborted) timer = setTimeout(hangUp, milliseconds)
  }

  stop.addEventListener('abort', hangUp)
  restart()
  return {
    signal: abort.signal,
    restart,
    /** `undefined` for no limit. */
    allow: (next: number | undefined) => {
      milliseconds = next
      restart()
    },
    end: () => {
      stop.removeEventListener('abort', hangUp)
      hangUp()
      clearTimeout(timer)
    },
  }
}

function isEventStream({ status, headers }: Response): boolean {
  return status === 200 && (headers.get('content-type') ?? '').startsWith('text/event-stream')
}

/** Why an answer is no stream: the server's refusal, or whatever else has answered. */
async function failureOf(response: Response): Promise<Failure> {
  const text = await response.text()
  const meta = { response }
  try {
    const refusal = refusalOf(JSON.parse(text).error)
    if (refusal.data) return TRPCClientError.from(refusal, { meta })
  } catch {
    // Something else than the server has answered.
  }
  return new TRPCClientError(`The answer is no stream. Its HTTP status is ${response.status}`, { meta })
}

function refusalOf(serialized: Parameters<typeof wire.output.deserialize>[0]): Failure {
  return TRPCClientError.from({ error: wire.output.deserialize(serialized) })
}
