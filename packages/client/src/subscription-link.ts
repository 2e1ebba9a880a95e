import { transformer } from '@tasklane/api/contract'
import type { AppRouter } from '@tasklane/api/router'
import { httpSubscriptionLink, type Operation, type TRPCFetch, type TRPCLink } from '@trpc/client'
import { EventSource } from 'eventsource'
import { isPassingStatus } from './retry.ts'

interface Options {
  url: string
  send: TRPCFetch
  /** Asked at each connection. */
  headersFor: (operations: Operation[]) => Promise<Headers>
}

/** Sends subscriptions as server-sent events, by `fetch`: a browser's own `EventSource` sends no headers. */
export function createSubscriptionLink({ url, send, headersFor }: Options): TRPCLink<AppRouter> {
  return httpSubscriptionLink<AppRouter, typeof EventSource>({
    url,
    transformer,
    EventSource: MuteableEventSource,
    // tRPC would lose sight of a connection that is given up while this is awaited.
    eventSourceOptions: ({ op }) => ({
      fetch: async (target, { headers, ...init }) => {
        const all = await headersFor([op])
        for (const [name, value] of Object.entries(headers)) all.set(name, value)
        init.signal?.throwIfAborted()
        const answer = await send(String(target), {
          ...(init as RequestInit),
          headers: Object.fromEntries(all),
          redirect: 'error',
        })
        return await streamOf(answer as Response)
      },
    }),
  })
}

/** Says nothing any more once it is closed: tRPC's listeners would throw where nobody can catch it. */
class MuteableEventSource extends EventSource {
  override dispatchEvent(event: Event): boolean {
    return (this.readyState === this.CLOSED && event.type !== 'error') || super.dispatchEvent(event)
  }
}

/**
 * The answer as an `EventSource` understands it: the server's refusals as the stream tells them, and what
 * may pass as a broken connection.
 */
async function streamOf(answer: Response): Promise<Response> {
  const { status, headers, body } = answer
  if (status === 200) return answer
  if (headers.get('content-type')?.startsWith('application/json')) {
    const refusal = refusalIn(await answer.text())
    if (refusal !== undefined) return eventStream(refusal)
  } else await body?.cancel()
  if (isPassingStatus(status)) throw new Error(`The server answered with the HTTP status ${status}`)
  return answer
}

function eventStream(refusal: object): Response {
  const event = `event: serialized-error\ndata: ${JSON.stringify(refusal)}\n\n`
  return new Response(event, { headers: { 'content-type': 'text/event-stream' } })
}

/** tRPC's error, still serialized. */
function refusalIn(text: string): object | undefined {
  try {
    const { error } = JSON.parse(text)
    return typeof error?.json?.code === 'number' ? error : undefined
  } catch {
    return undefined
  }
}
