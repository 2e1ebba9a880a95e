import type { Host } from './host.ts'

/** The network between one client and whichever server runs. */
export class Line {
  readonly #host: Host
  #losesNextAnswer = false
  #streams = new AbortController()

  constructor(host: Host) {
    this.#host = host
  }

  /** The `fetch` of the client. */
  readonly fetch: typeof fetch = async (target, init) => {
    const { pathname, search } = new URL(String(target))
    const isStream = pathname.endsWith('/tasks.onChange')
    const signals = [init?.signal, isStream ? this.#streams.signal : undefined].filter((each) => !!each)
    const signal = signals.length > 0 ? AbortSignal.any(signals) : null
    const answer = await fetch(`${this.#host.origin}${pathname}${search}`, { ...init, signal })
    if (isStream || !this.#losesNextAnswer) return answer
    this.#losesNextAnswer = false
    await answer.arrayBuffer()
    throw new TypeError('The answer was lost')
  }

  /** The next request gets through to the server, but its answer does not come back. */
  loseNextAnswer(): void {
    this.#losesNextAnswer = true
  }

  /** Cuts the streams that are open, as a network does that goes away. */
  cutStreams(): void {
    this.#streams.abort(new TypeError('The stream was cut'))
    this.#streams = new AbortController()
  }
}
