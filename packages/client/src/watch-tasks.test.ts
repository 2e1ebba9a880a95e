import { getEventListeners } from 'node:events'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from './create-client.ts'
import { createBackend } from './fixtures/backend.ts'
import { createSignedInSetting } from './fixtures/client.ts'
import { createEventStream, deletion } from './fixtures/events.ts'
import { createGate } from './fixtures/gate.ts'
import { changesWhile, nameOf, nextChanges, nextPage, startWatch } from './fixtures/watching.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

const ended = { value: undefined, done: true }

describe('a watch', () => {
  it('without a start begins with an empty page that tells where the feed stands', async () => {
    const { client } = await createSignedInSetting(database)
    await client.tasks.create.mutate({ title: 'Before' })
    const watch = startWatch(client)
    expect(await nextPage(watch)).toEqual({ changes: [], next: 1, resync: false })
    const task = await client.tasks.create.mutate({ title: 'After' })
    expect(await nextPage(watch)).toEqual({
      changes: [{ seq: 2, type: 'upsert', task }],
      next: 2,
      resync: false,
    })
  })

  it('begins after the number that it was given, 0 for everything', async () => {
    const { client } = await createSignedInSetting(database)
    const [one, two] = [
      await client.tasks.create.mutate({ title: 'One' }),
      await client.tasks.create.mutate({ title: 'Two' }),
    ]
    await client.tasks.delete.mutate({ id: one.id })
    const names = async (since: number) => (await nextPage(startWatch(client, { since }))).changes.map(nameOf)
    expect(await names(0)).toEqual(['Two', `deleted ${one.id}`])
    expect(await names(2)).toEqual([`deleted ${one.id}`])
    expect(two.title).toBe('Two')
  })

  it('brings what another process of the same user changes, and nothing of other users', async () => {
    const { backend, client, store } = await createSignedInSetting(database)
    const stranger = createClient({ url: 'http://server.test', fetch: backend.fetch })
    await stranger.auth.signUp.mutate({ email: 'stranger@example.com', password: 'Correct1Horse' })
    const other = createClient({ url: 'http://server.test', fetch: backend.fetch, session: store })
    const watch = startWatch(client)
    await nextPage(watch)
    await stranger.tasks.create.mutate({ title: 'Not ours' })
    await other.tasks.create.mutate({ title: 'Ours' })
    expect((await nextChanges(watch, 1)).map(nameOf)).toEqual(['Ours'])
  })

  it('brings everything to each of two watches of one client', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const watches = [startWatch(client, { since: 0 }), startWatch(client, { since: 0 })]
    const titles = ['1', '2', '3', '4', '5']
    const create = async () => {
      await backend.streams.until(2)
      for (const title of titles) await client.tasks.create.mutate({ title })
    }
    const [, ...seen] = await Promise.all([create(), ...watches.map((watch) => nextChanges(watch, 5))])
    expect(seen.map((changes) => changes.map(nameOf))).toEqual([titles, titles])
    await watches[0]?.return?.()
    await backend.streams.until(1)
  })

  it('asks nothing before its first page is asked for', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const { signal } = new AbortController()
    const watch = client.tasks.watch({ signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(await watch.return?.()).toEqual(ended)
    expect(await watch.next()).toEqual(ended)
    expect(backend.sent).toEqual([])
  })

  it('brings a change once, though the server sends it again', async () => {
    const stream = createEventStream()
    const client = createClient({ url: 'http://server.test', fetch: async () => stream.response })
    const page = (next: number, ...seqs: number[]) =>
      stream.page({ changes: seqs.map(deletion), next, resync: false })
    page(3, 2, 3)
    page(3, 2, 3)
    page(2, 1, 2)
    page(5, 3, 5)
    page(7, 7)
    const watch = startWatch(client, { since: 1 })
    const pages = [await nextPage(watch), await nextPage(watch), await nextPage(watch)]
    expect(pages).toEqual([
      { changes: [deletion(2), deletion(3)], next: 3, resync: false },
      { changes: [deletion(5)], next: 5, resync: false },
      { changes: [deletion(7)], next: 7, resync: false },
    ])
  })

  it('leaves the other members of the client as they are', async () => {
    const { client } = await createSignedInSetting(database)
    const { id } = await client.tasks.create.mutate({ title: 'Here' })
    expect(await client.tasks.get.query({ id })).toMatchObject({ title: 'Here' })
    expect(Reflect.get(client, 'then')).toBeUndefined()
    expect(await Promise.resolve(client)).toBe(client)
  })
})

describe('a reader that is slow', () => {
  it('keeps the server waiting and gets everything in the end', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const watch = startWatch(client)
    await nextPage(watch)
    const titles: string[] = []
    while (backend.streams.count > 0 && titles.length < 500) {
      titles.push(`Task ${titles.length}`)
      await client.tasks.create.mutate({ title: titles.at(-1) ?? '' })
    }
    expect(titles.length).toBeGreaterThanOrEqual(10)
    expect(titles.length).toBeLessThan(100)
    for (let count = 0; count < 20; count += 1) {
      titles.push(`Task ${titles.length}`)
      await client.tasks.create.mutate({ title: titles.at(-1) ?? '' })
    }
    expect(backend.streams.count).toBe(0)
    expect((await nextChanges(watch, titles.length)).map(nameOf)).toEqual(titles)
    expect(backend.calls('tasks.onChange')).toBe(2)
  })
})

describe('the end of a watch', () => {
  it('closes the connection when the loop is left', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const { signal } = new AbortController()
    for await (const { next } of client.tasks.watch({ signal })) {
      expect(next).toBe(0)
      expect(backend.streams.count).toBe(1)
      break
    }
    await backend.streams.until(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('closes the connection when the loop throws', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const reading = (async () => {
      for await (const { next } of client.tasks.watch()) throw new Error(`page ${next}`)
    })()
    await expect(reading).rejects.toThrow('page 0')
    await backend.streams.until(0)
  })

  it('ends a page that is waited for by the signal, without an error', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const abort = new AbortController()
    const watch = client.tasks.watch({ signal: abort.signal })
    await watch.next()
    const pending = watch.next()
    abort.abort()
    expect(await pending).toEqual(ended)
    expect(await watch.next()).toEqual(ended)
    await backend.streams.until(0)
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])
  })

  it('ends a page that is waited for by return', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const watch = client.tasks.watch()
    await watch.next()
    const pending = watch.next()
    expect(await watch.return?.()).toEqual(ended)
    expect(await pending).toEqual(ended)
    await backend.streams.until(0)
  })

  it('closes the connection by the signal while the reader is busy, and drops what was read ahead', async () => {
    const stream = createEventStream()
    const client = createClient({ url: 'http://server.test', fetch: async () => stream.response })
    for (const seq of [1, 2, 3]) stream.page({ changes: [deletion(seq)], next: seq, resync: false })
    const abort = new AbortController()
    const watch = client.tasks.watch({ signal: abort.signal, since: 0 })
    await watch.next()
    await new Promise((resolve) => setImmediate(resolve))
    abort.abort()
    await new Promise((resolve) => setImmediate(resolve))
    expect(stream.isCancelled()).toBe(true)
    expect(await watch.next()).toEqual(ended)
  })

  it('sends nothing with a signal that was aborted before', async () => {
    const { backend, client } = await createSignedInSetting(database)
    expect(await client.tasks.watch({ signal: AbortSignal.abort() }).next()).toEqual(ended)
    expect(backend.sent).toEqual([])
  })

  it('cancels the connection that is being made', async () => {
    const backend = createBackend(database)
    const [asked, cancelled] = [createGate(), createGate()]
    const client = createClient({
      url: 'http://server.test',
      fetch: async (target, init) => {
        init?.signal?.addEventListener('abort', cancelled.open)
        asked.open()
        return await backend.fetch(target, init)
      },
    })
    backend.between = () => new Promise(() => {})
    const abort = new AbortController()
    const pending = client.tasks.watch({ signal: abort.signal }).next()
    await asked.opened
    abort.abort()
    expect(await pending).toEqual(ended)
    await cancelled.opened
  })

  it('ends the wait for the next attempt', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const tried = createGate()
    backend.between = async () => {
      if (backend.calls('tasks.onChange') === 4) tried.open()
      throw new TypeError('fetch failed')
    }
    const abort = new AbortController()
    const pending = client.tasks.watch({ signal: abort.signal }).next()
    await tried.opened
    await new Promise((resolve) => setImmediate(resolve))
    abort.abort()
    expect(await pending).toEqual(ended)
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])
    expect(backend.calls('tasks.onChange')).toBe(4)
  })

  it('never has more than one listener on the signal, however often it connects', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const { signal } = new AbortController()
    const watch = startWatch(client, { signal })
    await nextPage(watch)
    for (let count = 0; count < 20; count += 1) {
      await changesWhile(watch, 1, async () => {
        backend.cut()
        await backend.streams.until(0)
        await backend.streams.until(1)
        expect(getEventListeners(signal, 'abort')).toHaveLength(1)
        await client.tasks.create.mutate({ title: 'New' })
      })
    }
    await watch.return?.()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
