import type { TasklaneClient } from '@tasklane/client'
import type { Procedure } from '@tasklane/client/procedures'

interface Call {
  path: string
  type: Procedure['type']
  input: unknown
  signal: AbortSignal
  /** Called with each answer: once, or again and again by a subscription. */
  onAnswer(answer: unknown): void
}

interface Subscription {
  unsubscribe(): void
}

interface Endpoint {
  query(input: unknown, options: object): Promise<unknown>
  mutate(input: unknown, options: object): Promise<unknown>
  subscribe(input: unknown, options: object): Subscription
}

/** Calls a procedure of which no more is known than what it is called. */
export async function callProcedure(client: TasklaneClient, call: Call): Promise<void> {
  const { path, type, input, signal, onAnswer } = call
  const endpoint = path
    .split('.')
    .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], client) as Endpoint
  if (type === 'subscription') return await follow(endpoint, call)
  onAnswer(await (type === 'query' ? endpoint.query(input, { signal }) : endpoint.mutate(input, { signal })))
}

async function follow(endpoint: Endpoint, { input, signal, onAnswer }: Call): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const subscription = endpoint.subscribe(input, {
      onData: ({ data }: { data: unknown }) => onAnswer(data),
      onError: reject,
      onComplete: resolve,
    })
    signal.addEventListener('abort', () => {
      subscription.unsubscribe()
      resolve()
    })
  })
}
