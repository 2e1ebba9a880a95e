import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createContext } from '../../context.ts'
import {
  createTestBackend,
  type EventStream,
  followPath,
  readEvents,
  type TestBackend,
  type TestUser,
} from '../../testing.ts'
import type { Task } from './contract.ts'
import { countWireStatements } from './fixtures/wire-statements.ts'
import { followChanges } from './follow-changes.ts'

let backend: TestBackend
let owner: TestUser
let tasks: TestUser['client']['tasks']

beforeAll(async () => {
  // Whatever is told in time was woken, and not found by looking again.
  backend = await createTestBackend({ changesPollMilliseconds: 3_600_000 })
})
beforeEach(async () => {
  owner = await backend.signUp()
  tasks = owner.client.tasks
})
afterAll(() => backend.close())

interface Follow {
  input?: object
  query?: string
  headers?: Record<string, string>
  credential?: string | undefined
}

async function follow({ input, query, headers, credential }: Follow = {}): Promise<EventStream> {
  const authorization = `Bearer ${credential ?? owner.signedIn.accessToken}`
  return readEvents(await backend.fetch(followPath(input, query), { headers: { authorization, ...headers } }))
}

/** A stream that has told where it stands. */
async function followFromNow(): Promise<EventStream> {
  const stream = await follow()
  await stream.page()
  return stream
}

const create = (title = 'Task') => tasks.create.mutate({ title })
const upsert = (seq: number, task: Task) => ({ seq, type: 'upsert', task })

describe('a stream of changes', () => {
  it('is one of server-sent events that nobody keeps', async () => {
    const { response } = await follow()
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
  })

  it('begins with how long its silence may last', async () => {
    const stream = await follow()
    const event = await stream.next()
    expect(event?.name).toBe('connected')
    expect(JSON.parse(String(event?.data))).toEqual({ reconnectAfterInactivityMs: 30_000 })
  })

  it('without since tells first where the feed stands, and then what comes', async () => {
    const empty = await follow()
    expect(await empty.page()).toEqual({ changes: [], next: 0, resync: false, id: '0' })
    await create()
    await create()
    const stream = await follow()
    expect(await stream.page()).toEqual({ changes: [], next: 2, resync: false, id: '2' })
    const task = await create()
    expect(await stream.page()).toStrictEqual({ changes: [upsert(3, task)], next: 3, resync: false, id: '3' })
  })

  it('with since tells nothing before there is something to tell', async () => {
    await create()
    const stream = await follow({ input: { since: 1 } })
    const task = await create()
    expect(await stream.page()).toStrictEqual({ changes: [upsert(2, task)], next: 2, resync: false, id: '2' })
  })

  it('with since catches up, page after page, and then tells what comes', async () => {
    const operations = Array.from({ length: 50 }, () => ({ op: 'create', input: { title: 'x' } }) as const)
    for (let batch = 0; batch < 5; batch++) await tasks.batch.mutate({ atomic: true, operations })
    const stream = await follow({ input: { since: 7 } })
    for (const [next, count] of [
      [107, 100],
      [207, 100],
      [250, 43],
    ] as const) {
      const page = await stream.page()
      expect(page).toMatchObject({ next, resync: false, id: `${next}` })
      expect(page.changes.map(({ seq }) => seq)).toEqual(
        Array.from({ length: count }, (_, index) => next - count + 1 + index),
      )
    }
    const task = await create()
    expect((await stream.page()).changes).toEqual([upsert(251, task)])
  })

  it('ends a page of 100 by no empty one', async () => {
    const operations = Array.from({ length: 100 }, () => ({ op: 'create', input: { title: 'x' } }) as const)
    await tasks.batch.mutate({ atomic: true, operations })
    const stream = await follow({ input: { since: 0 } })
    expect((await stream.page()).changes).toHaveLength(100)
    await create()
    expect((await stream.page()).changes).toHaveLength(1)
  })

  const header = (id: string) => ({ headers: { 'last-event-id': id } })
  const sources: [string, Follow][] = [
    ['the header Last-Event-ID', { input: { since: 0 }, ...header('2') }],
    ['the header, with no input', { ...header('2') }],
    ['lastEventId in the query', { input: { since: 3 }, query: '&lastEventId=2' }],
    ['the header before the query', { input: { since: 0 }, query: '&lastEventId=1', ...header('2') }],
    ['lastEventId in the input', { input: { since: 0, lastEventId: '2' } }],
    ['since, beside an empty header', { input: { since: 2 }, ...header('') }],
  ]
  it.each(sources)('goes on after %s', async (_what, from) => {
    for (let index = 0; index < 3; index++) await create()
    const { changes, next } = await (await follow(from)).page()
    expect(changes.map(({ seq }) => seq)).toEqual([3])
    expect(next).toBe(3)
  })

  it('goes on where a lost one stood, by the id of its last event', async () => {
    const first = await follow({ input: { since: 0 } })
    await create()
    const { id = '' } = await first.page()
    await first.leave()
    const [trashed, kept] = [await create(), await create('Kept')]
    await tasks.delete.mutate({ id: trashed.id })
    const second = await follow({ headers: { 'last-event-id': id } })
    expect((await second.page()).changes).toEqual([
      upsert(3, kept),
      { seq: 4, type: 'delete', id: trashed.id },
    ])
  })

  it('tells to load everything to whoever has read more than there is, and then what comes', async () => {
    await create()
    const stream = await follow({ input: { since: 99 } })
    expect(await stream.page()).toEqual({ changes: [], next: 1, resync: true, id: '1' })
    const task = await create()
    expect(await stream.page()).toMatchObject({ changes: [upsert(2, task)], next: 2, resync: false })
  })

  it("tells nothing of another user's changes", async () => {
    const stranger = await backend.signUp()
    const stream = await followFromNow()
    const { id } = await stranger.client.tasks.create.mutate({ title: 'Theirs' })
    await stranger.client.tasks.delete.mutate({ id })
    const task = await create()
    expect((await stream.page()).changes).toEqual([upsert(1, task)])
  })

  it('tells everybody who follows, of every device', async () => {
    const { token } = await owner.client.tokens.create.mutate({ name: 'script', scopes: 'read' })
    const all = [await followFromNow(), await followFromNow(), await follow({ credential: token })]
    await all[2]?.page()
    const task = await create()
    for (const stream of all) expect((await stream.page()).changes).toEqual([upsert(1, task)])
  })

  it('makes the same of the changes as the list, when many come at once', async () => {
    const stream = await follow({ input: { since: 0 } })
    const folded = new Map<string, Task>()
    const writing = Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const { tasks } = backend.client(`Bearer ${owner.signedIn.accessToken}`)
        const { id } = await tasks.create.mutate({ title: `${index}` })
        await tasks.update.mutate({ id, title: `${index}, again` })
        if (index % 3 === 0) await tasks.delete.mutate({ id })
      }),
    )
    for (let next = 0; next < 70; ) {
      const page = await stream.page()
      next = page.next
      for (const change of page.changes) {
        if (change.type === 'delete') folded.delete(change.id)
        else folded.set(change.task.id, change.task)
      }
    }
    await writing
    const { tasks: listed } = await tasks.list.query({ limit: 100 })
    expect(folded).toEqual(new Map(listed.map((task) => [task.id, task])))
  })

  it('misses nothing that is written while its reader has its first page', async () => {
    const authorization = [`Bearer ${owner.signedIn.accessToken}`]
    const ctx = createContext(backend.dependencies, { authorization })
    const principal = await ctx.authenticate()
    if (principal.kind !== 'user') throw new Error('Not a user')
    const pages = followChanges(ctx, { principal, signal: undefined })
    await pages.next()
    await create('Meanwhile')
    const { value } = await pages.next()
    expect(value?.[1].changes).toMatchObject([{ seq: 1, task: { title: 'Meanwhile' } }])
    await pages.return()
  })

  it('asks the database once for each page', async () => {
    const stream = await followFromNow()
    expect(await countWireStatements(backend, () => create().then(() => stream.page()))).toBe(2)
  })
})

describe('every write wakes a stream', () => {
  type Write = (id: string) => Promise<unknown>
  const trashed = async (id: string) => void (await tasks.delete.mutate({ id }))
  const done = async (id: string) => void (await tasks.complete.mutate({ id }))
  const writes: [string, Write, prepare?: (id: string) => Promise<void>][] = [
    ['create', () => create('Other')],
    ['update', (id) => tasks.update.mutate({ id, title: 'New' })],
    ['replace', (id) => tasks.replace.mutate({ id, title: 'New' })],
    ['complete', (id) => tasks.complete.mutate({ id })],
    ['reopen', (id) => tasks.reopen.mutate({ id }), done],
    ['delete', (id) => tasks.delete.mutate({ id })],
    ['restore', (id) => tasks.restore.mutate({ id }), trashed],
    [
      'batch, atomic',
      (id) => tasks.batch.mutate({ atomic: true, operations: [{ op: 'complete', input: { id } }] }),
    ],
    [
      'batch, of which a part fails',
      (id) =>
        tasks.batch.mutate({
          atomic: false,
          operations: [
            { op: 'complete', input: { id } },
            { op: 'complete', input: { id: crypto.randomUUID() } },
          ],
        }),
    ],
  ]
  it.each(writes)('tasks.%s', async (_name, write, prepare) => {
    const { id } = await create()
    await prepare?.(id)
    const stream = await followFromNow()
    await write(id)
    expect((await stream.page()).changes).toHaveLength(1)
  })

  it('tasks.purge tells nothing to whoever was told of the deletion', async () => {
    const { id } = await create()
    await tasks.delete.mutate({ id })
    const stream = await followFromNow()
    await tasks.purge.mutate({ id })
    const task = await create()
    expect((await stream.page()).changes).toEqual([upsert(3, task)])
  })
})

it('tells in time what another process wrote', async () => {
  const polling = await createTestBackend({ changesPollMilliseconds: 20 })
  try {
    const { signedIn } = await polling.signUp()
    const headers = { authorization: `Bearer ${signedIn.accessToken}` }
    const stream = readEvents(await polling.fetch(followPath(), { headers }))
    await stream.page()
    for (const title of ['first', 'second']) {
      await polling.database.db.execute(sql`
        insert into tasks (user_id, id, title) values (${signedIn.user.id}, ${crypto.randomUUID()}, ${title})`)
      expect((await stream.page()).changes).toMatchObject([{ type: 'upsert', task: { title } }])
    }
    await stream.leave()
  } finally {
    await polling.close()
  }
})

it('says every 10 seconds that it is there, while nothing comes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const stream = await followFromNow()
    for (let ping = 0; ping < 3; ping++) {
      const event = stream.next()
      await vi.advanceTimersByTimeAsync(10_000)
      expect(await event).toMatchObject({ name: 'ping', id: undefined, data: '' })
    }
    await stream.leave()
  } finally {
    vi.useRealTimers()
  }
})
