import { type TrackedEnvelope, tracked } from '@trpc/server'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AppError } from './errors.ts'
import { streamOf } from './stream.ts'

const Event = z.object({ text: z.string() })
type Input = z.input<typeof Event>

const output = streamOf(Event)

async function* given(...events: [id: string, data: Input][]): AsyncGenerator<TrackedEnvelope<Input>> {
  for (const [id, data] of events) yield tracked(id, data)
}

async function readAll(events: AsyncIterable<TrackedEnvelope<Input>>) {
  const read: [string, Input][] = []
  for await (const [id, data] of output.parse(events)) read.push([id, data])
  return read
}

describe('a stream of events', () => {
  it('gives each event with its id', async () => {
    const events = [
      ['1', { text: 'a' }],
      ['2', { text: 'b' }],
    ] satisfies [string, Input][]
    expect(await readAll(given(...events))).toEqual(events)
    expect(await readAll(given())).toEqual([])
  })

  it('lets nothing out that the contract does not name', async () => {
    const secret = { text: 'a', secret: 'b' }
    expect(await readAll(given(['1', secret]))).toStrictEqual([['1', { text: 'a' }]])
  })

  it('fails at an event that the contract does not allow, and at one without an id', async () => {
    const wrong = { text: 1 } as unknown as Input
    await expect(readAll(given(['1', wrong]))).rejects.toThrow(z.ZodError)
    async function* bare(): AsyncGenerator<TrackedEnvelope<Input>> {
      yield { text: 'a' } as unknown as TrackedEnvelope<Input>
    }
    await expect(readAll(bare())).rejects.toThrow('An event has no id')
  })

  it.each([undefined, null, 1, 'text', {}, [Promise.resolve()]])('is nothing like %o', (value) => {
    expect(output.safeParse(value).success).toBe(false)
  })

  it('hands a refusal on as it is', async () => {
    async function* failing(): AsyncGenerator<TrackedEnvelope<Input>> {
      yield tracked('1', { text: 'a' })
      throw new AppError('TOKEN_EXPIRED')
    }
    await expect(readAll(failing())).rejects.toMatchObject({ reason: 'TOKEN_EXPIRED' })
  })

  it('ends what it reads from when its reader leaves', async () => {
    let hasEnded = false
    async function* endless(): AsyncGenerator<TrackedEnvelope<Input>> {
      try {
        for (;;) yield tracked('1', { text: 'a' })
      } finally {
        hasEnded = true
      }
    }
    for await (const _ of output.parse(endless())) break
    expect(hasEnded).toBe(true)
  })

  it('may fail before anybody waits for it', async () => {
    const unhandled: unknown[] = []
    const listen = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', listen)
    async function* failing(): AsyncGenerator<TrackedEnvelope<Input>> {
      yield tracked('1', { text: 'a' })
      throw new AppError('TOKEN_INVALID')
    }
    const events = output.parse(failing())[Symbol.asyncIterator]()
    await events.next()
    const failed = events.next()
    // Node looks for rejections without a handler between two turns of its loop.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
    await expect(failed).rejects.toMatchObject({ reason: 'TOKEN_INVALID' })
  })
})
