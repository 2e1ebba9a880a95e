import { type Operation, TRPCClientError } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { afterEach, expect, it, vi } from 'vitest'
import { subscribeWithSession } from './session-subscription.ts'

type Observer = Parameters<Parameters<typeof observable<never, TRPCClientError<never>>>[0]>[0]

const refusal = TRPCClientError.from<never>({
  error: { message: 'Token expired', code: -32_001, data: { code: 'UNAUTHORIZED', reason: 'TOKEN_EXPIRED' } },
})

/** A subscription whose connections are acted out by the test. */
function createStage(
  input: unknown,
  renew: () => Promise<boolean> = async () => true,
  onOpen: (index: number, observer: Observer) => void = () => {},
) {
  const connections: { op: Operation; observer: Observer; isOpen: boolean }[] = []
  const outcome: { error?: unknown; ids: unknown[] } = { ids: [] }
  const op = { id: 1, type: 'subscription', path: 'x', input, context: {}, signal: null } as const
  const source = subscribeWithSession(
    {
      op,
      next: (sent) =>
        observable((observer) => {
          const connection = { op: sent, observer: observer as Observer, isOpen: true }
          connections.push(connection)
          onOpen(connections.length - 1, connection.observer)
          return () => {
            connection.isOpen = false
          }
        }),
    },
    renew,
  )
  const subscription = source.subscribe({
    next: ({ result }) => 'data' in result && outcome.ids.push('id' in result ? result.id : null),
    error: (error) => Object.assign(outcome, { error }),
  })
  const at = (index: number) => {
    const connection = connections[index]
    if (!connection) throw new Error(`There is no connection ${index}`)
    return connection
  }
  return {
    outcome,
    subscription,
    at,
    emit: (index: number, result: object) => at(index).observer.next({ result } as never),
    refuse: async (index: number) => {
      at(index).observer.error(refusal)
      await new Promise((resolve) => setImmediate(resolve))
    },
    inputs: () => connections.map((connection) => connection.op.input),
    contexts: () => connections.map((connection) => connection.op.context),
  }
}

afterEach(() => {
  vi.useRealTimers()
})

it('goes on from the last event that had an id', async () => {
  const stage = createStage({ since: 3 })
  await stage.refuse(0)
  stage.emit(1, { type: 'data', data: 1, id: '7' })
  stage.emit(1, { type: 'data', data: 2, id: '8' })
  stage.emit(1, { type: 'data', data: 3 })
  await stage.refuse(1)
  expect(stage.inputs()).toEqual([{ since: 3 }, { since: 3 }, { since: 3, lastEventId: '8' }])
  expect(stage.outcome).toEqual({ ids: ['7', '8', null] })
})

it.each([
  [undefined, { lastEventId: '7' }],
  ['text', 'text'],
])('goes on with the input %j as tRPC does', async (input, next) => {
  const stage = createStage(input)
  stage.emit(0, { type: 'data', data: 1, id: '7' })
  await stage.refuse(0)
  expect(stage.inputs()).toEqual([input, next])
})

it('gives each connection a context of its own, and all of them the same user', async () => {
  const stage = createStage({})
  await stage.refuse(0)
  const [first, second] = stage.contexts()
  expect(first).not.toBe(second)
  expect(Object.values(first ?? {})[0]).toBe(Object.values(second ?? {})[0])
})

it('fails with a refusal that comes at once for a renewed token', async () => {
  const stage = createStage({})
  await stage.refuse(0)
  stage.emit(1, { type: 'started' })
  await stage.refuse(1)
  expect(stage.outcome.error).toBe(refusal)
  expect(stage.inputs()).toHaveLength(2)
})

it('renews again what lived for a while, though nothing came', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const stage = createStage({})
  await stage.refuse(0)
  vi.setSystemTime(Date.now() + 900_000)
  await stage.refuse(1)
  vi.setSystemTime(Date.now() + 900_000)
  await stage.refuse(2)
  expect(stage.inputs()).toHaveLength(4)
  expect(stage.outcome.error).toBeUndefined()
})

it('opens no connection for a subscription that was ended while it was renewed', async () => {
  let answer = (_isRenewed: boolean) => {}
  const stage = createStage(
    {},
    () =>
      new Promise((resolve) => {
        answer = resolve
      }),
  )
  await stage.refuse(0)
  stage.subscription.unsubscribe()
  answer(true)
  await new Promise((resolve) => setImmediate(resolve))
  expect(stage.inputs()).toHaveLength(1)
})

it('closes the connection that was opened last', async () => {
  const stage = createStage({})
  await stage.refuse(0)
  expect(stage.at(1).isOpen).toBe(true)
  stage.subscription.unsubscribe()
  expect(stage.at(1).isOpen).toBe(false)
})

it('closes a connection whose very first word ends the subscription', async () => {
  const stage = createStage({}, undefined, (index, observer) => {
    if (index === 0) return
    stage.subscription.unsubscribe()
    observer.next({ result: { type: 'started' } } as never)
  })
  await stage.refuse(0)
  expect(stage.at(1).isOpen).toBe(false)
})

it('fails with what the renewal failed with', async () => {
  const stage = createStage({}, () => Promise.reject(new TypeError('fetch failed')))
  await stage.refuse(0)
  expect(stage.outcome.error).toMatchObject({ name: 'TRPCClientError', message: 'fetch failed' })
})

it('passes other failures on', () => {
  const stage = createStage({})
  const failure = TRPCClientError.from<never>(new TypeError('fetch failed'))
  stage.at(0).observer.error(failure)
  expect(stage.outcome.error).toBe(failure)
})
