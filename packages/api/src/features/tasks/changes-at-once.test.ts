import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { FeedReader, liveTasks } from './fixtures/feed-reader.ts'

let backend: TestBackend

beforeAll(async () => {
  backend = await createTestBackend()
})
afterAll(() => backend.close())

const rounds = 15
const writesPerWriter = 20
const idsCount = 6

/** Small numbers that look random, and are the same in every run. */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * sides)
  }
}

interface Setting {
  user: TestUser
  ids: readonly string[]
  dice: (sides: number) => number
  /** Resolves when the reader has read again, twice. */
  readTwice: () => Promise<void>
}

/** One connection after the other, each write by itself. Many are refused: the task is in another state. */
async function writeThroughProcedures({ user, ids, dice }: Setting): Promise<void> {
  const { tasks } = backend.client(`Bearer ${user.signedIn.accessToken}`)
  const writes = [
    (id: string) => tasks.create.mutate({ id, title: `${dice(100)}` }),
    (id: string) => tasks.update.mutate({ id, title: `${dice(100)}` }),
    (id: string) => tasks.delete.mutate({ id }),
    (id: string) => tasks.restore.mutate({ id }),
    (id: string) => tasks.purge.mutate({ id }),
    (id: string) =>
      tasks.batch.mutate({
        atomic: false,
        operations: [
          { op: 'complete', input: { id } },
          { op: 'create', input: { id: ids[dice(idsCount)] ?? id, title: 'Batch' } },
        ],
      }),
  ]
  for (let write = 0; write < writesPerWriter; write++) {
    await writes[dice(writes.length)]?.(ids[dice(idsCount)] ?? '').catch(
      (error: { data?: { reason: string } }) => {
        expect(['TASK_NOT_FOUND', 'TASK_ID_TAKEN', 'TASK_NOT_IN_TRASH']).toContain(error.data?.reason)
      },
    )
  }
}

/** Transactions that begin before the writes of others, or commit long after their own. */
async function writeInLongTransactions({ user, ids, dice, readTwice }: Setting): Promise<void> {
  const ownerId = user.signedIn.user.id
  for (let transaction = 0; transaction < 4; transaction++) {
    await backend.database.db.transaction(async (tx) => {
      const touch = () =>
        tx.execute(sql`
          update tasks set title = title || '.'
          where user_id = ${ownerId} and id = ${ids[dice(idsCount)]} and length(title) < 100`)
      await tx.execute(sql`select now()`)
      // The embedded database has one connection: nobody could read meanwhile.
      if (backend.database.kind === 'postgres') await readTwice()
      await tx.execute(sql`
        insert into tasks (user_id, id, title) values (${ownerId}, ${crypto.randomUUID()}, 'Long')`)
      await touch()
      if (backend.database.kind === 'postgres') await readTwice()
      await touch()
    })
  }
}

it(`is missed by no reader what several write at once, also in transactions that commit late`, async () => {
  for (let round = 1; round <= rounds; round++) {
    const dice = createDice(round)
    const user = await backend.signUp()
    const ids = Array.from({ length: idsCount }, () => crypto.randomUUID())
    const reader = new FeedReader(user.client.tasks, { position: 0, state: new Map() })

    let reads = 0
    let waiting: { until: number; resolve: () => void }[] = []
    const readTwice = () =>
      new Promise<void>((resolve) => {
        waiting.push({ until: reads + 2, resolve })
      })
    let isWriting = true
    const reading = async () => {
      while (isWriting) {
        await reader.read(1 + dice(4))
        reads += 1
        for (const { until, resolve } of waiting) if (until <= reads) resolve()
        waiting = waiting.filter(({ until }) => until > reads)
      }
    }
    const setting = { user, ids, dice, readTwice }
    const writing = Promise.all([
      writeThroughProcedures(setting),
      writeThroughProcedures(setting),
      writeInLongTransactions(setting),
    ]).finally(() => {
      isWriting = false
    })
    await Promise.all([writing, reading()])
    expect(await reader.readAll(100)).toEqual(await liveTasks(user.client.tasks))
    expect(reader.resyncs).toBe(0)
  }
}, 120_000)
