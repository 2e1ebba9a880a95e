import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createClient, type TasklaneClient } from './create-client.ts'
import { accessTokenTtlSeconds, type Backend, createBackend } from './fixtures/backend.ts'
import { newAccount, password } from './fixtures/client.ts'
import { unavailablePage } from './fixtures/events.ts'
import { startReader } from './fixtures/reader.ts'
import { createLoopbackServer } from './fixtures/server.ts'
import { forgetDeletions, tasksOn } from './fixtures/watching.ts'

const steps = 100

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

interface Chance {
  /** From 0 to `count - 1`. */
  below(count: number): number
  pick<T>(choices: readonly T[]): T | undefined
}

/** The same chances for the same seed. Mulberry32. */
function createChance(seed: number): Chance {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number) => Math.floor(next() * count)
  return { below, pick: (choices) => choices[below(choices.length)] }
}

/** Somebody who does anything that can be done to tasks. `forget` also empties the trash. */
function createWriter({ tasks }: TasklaneClient, { below, pick }: Chance) {
  const live: string[] = []
  const trashed: string[] = []
  const take = (from: string[]) => from.splice(below(from.length), 1)[0] ?? ''
  const create = async () => live.push((await tasks.create.mutate({ title: `Task ${below(1000)}` })).id)

  const move = async (from: string[], to: string[], perform: (key: { id: string }) => Promise<unknown>) => {
    const id = take(from)
    await perform({ id })
    to.push(id)
  }
  const createMany = async () => {
    const operations = Array.from({ length: 1 + below(100) }, (_, index) => ({
      op: 'create' as const,
      input: { title: `Task ${index}`, description: 'x'.repeat(below(200)) },
    }))
    const { results } = await tasks.batch.mutate({ atomic: true, operations })
    for (const result of results) if (result.ok) live.push(result.task.id)
  }

  const forget = async () => {
    await forgetDeletions(database)
    trashed.length = 0
  }

  const write = async () => {
    const acts: (() => Promise<unknown>)[] = [create, create]
    if (live.length < 400) acts.push(createMany)
    if (live.length > 0) {
      const id = pick(live) ?? ''
      acts.push(() => tasks.update.mutate({ id, title: `Changed ${below(1000)}` }))
      acts.push(() => move(live, trashed, tasks.delete.mutate))
    }
    if (trashed.length > 0) {
      acts.push(() => move(trashed, live, tasks.restore.mutate))
      acts.push(() => move(trashed, [], tasks.purge.mutate))
    }
    await pick(acts)?.()
  }
  /** After this, whoever has not read up to here has to load everything. */
  const purgeAndForget = async () => {
    await create()
    const id = live.pop() ?? ''
    await tasks.delete.mutate({ id })
    await tasks.purge.mutate({ id })
    await forget()
  }
  return { create, write, forget, purgeAndForget }
}

/** Lets through the first bytes only. */
function truncated({ body, status, headers }: Response, bytes: number): Response {
  let left = bytes
  const cutter = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      controller.enqueue(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) controller.error(new Error('cut'))
    },
  })
  return new Response(body?.pipeThrough(cutter) ?? null, { status, headers })
}

type Disturbance = (forward: () => Promise<Response>) => Promise<Response>

/** Disturbs the next requests of the reader, who says who it is. */
function disturb(backend: Backend, disturbances: Disturbance[]): void {
  backend.between = async ({ headers }, forward) => {
    const disturbance = headers.has('x-reader') ? disturbances.shift() : undefined
    return await (disturbance ? disturbance(forward) : forward())
  }
}

it.each([1, 2, 3])(
  'a reader that folds what a watch brings has what the server has, whatever is killed (%i)',
  async (seed) => {
    const chance = createChance(seed)
    const backend = createBackend(database)
    const server = await createLoopbackServer(backend)
    const client = createClient({ url: server.url, headers: { 'x-reader': 'yes' } })
    const account = newAccount()
    await client.auth.signUp.mutate(account)
    const writerClient = createClient({ url: 'http://server.test', fetch: backend.fetch })
    await writerClient.auth.logIn.mutate({ usernameOrEmail: account.email, password })
    const { create, write, forget, purgeAndForget } = createWriter(writerClient, chance)
    const position = async () => (await writerClient.tasks.changes.query()).next
    const reader = startReader(client)
    onTestFinished(() => reader.stop())

    const disturbances: Disturbance[] = []
    disturb(backend, disturbances)
    const unavailable = async () => unavailablePage(chance.pick([502, 503, 504]))
    const cutOff: Disturbance = async (forward) => truncated(await forward(), chance.below(3000))
    const blows = [
      async () => server.cut(),
      async () => {
        await server.stop()
        for (let count = chance.below(4); count > 0; count -= 1) await write()
        await server.start()
      },
      async () => backend.restart(),
      async () => void disturbances.splice(0, 3, unavailable, unavailable),
      async () => {
        disturbances.splice(0, 3, cutOff, cutOff, cutOff)
        server.cut()
      },
      async () => {
        backend.advanceClock(accessTokenTtlSeconds + 60)
        await create()
        await reader.until(await position())
      },
      forget,
      async () => {
        server.cut()
        for (let count = chance.below(4); count > 0; count -= 1) await write()
        await forget()
      },
      async () => await reader.die({ losesPage: false }),
      async () => await reader.die({ losesPage: true }),
      async () => await reader.until(await position()),
    ]
    for (let step = 0; step < steps; step += 1) {
      if (chance.below(3) === 0) await chance.pick(blows)?.()
      else await write()
    }
    disturbances.length = 0
    await server.stop()
    await purgeAndForget()
    await server.start()
    await reader.until(await position())
    expect(reader.stored().state).toEqual(await tasksOn(writerClient))
    expect(reader.counts.resyncs).toBeGreaterThan(0)
    await reader.stop()
    await backend.streams.until(0)
  },
  60_000,
)
