import type { TaskChanges } from '@tasklane/api/contract'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createClient, type TasklaneClient } from './create-client.ts'
import { reasonOf } from './errors.ts'
import { accessTokenTtlSeconds, type Backend } from './fixtures/backend.ts'
import { createSetting, createSignedInSetting, newAccount, password, storedIn } from './fixtures/client.ts'
import { refusal, unavailablePage } from './fixtures/events.ts'
import { createGate } from './fixtures/gate.ts'
import { nameOf } from './fixtures/watching.ts'
import { memoryStore } from './memory-store.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

/** A subscription whose events are read one by one. It is ended with the test. */
function subscribe(client: TasklaneClient, input: { since?: number } = {}, signal?: AbortSignal) {
  const seen: { states: string[]; error: unknown } = { states: [], error: undefined }
  const [failed, completed, retried] = [createGate(), createGate(), createGate()]
  const pages = new ReadableStream<TaskChanges>({
    start: (controller) => {
      const subscription = client.tasks.onChange.subscribe(input, {
        ...(signal && { signal }),
        onData: ({ id, data }) => {
          if (id !== String(data.next)) throw new Error(`${id} is not the number of the page`)
          controller.enqueue(data)
        },
        onConnectionStateChange: ({ state, error }) => {
          seen.states.push(state)
          if (error) retried.open()
        },
        onError: (error) => {
          seen.error = error
          failed.open()
        },
        onComplete: completed.open,
      })
      onTestFinished(() => subscription.unsubscribe())
      Object.assign(seen, { unsubscribe: subscription.unsubscribe })
    },
  }).getReader()
  return {
    seen: seen as typeof seen & { unsubscribe(): void },
    failed: failed.opened.then(() => seen.error),
    completed: completed.opened,
    retried: retried.opened,
    next: async () => {
      const { value } = await pages.read()
      return { next: value?.next, names: value?.changes.map(nameOf) }
    },
  }
}

/** The same user from elsewhere, with a session of its own. */
async function signInElsewhere(backend: Backend, email: string): Promise<TasklaneClient> {
  const client = createClient({ url: 'http://server.test', fetch: backend.fetch })
  await client.auth.logIn.mutate({ usernameOrEmail: email, password })
  return client
}

function connectionsIn({ sent }: Backend) {
  return sent.filter(({ paths }) => paths[0] === 'tasks.onChange')
}

function inputOf(url: URL): unknown {
  return JSON.parse(url.searchParams.get('input') ?? '{}').json
}

describe('a subscription', () => {
  it('brings the changes as they come, with the token in a header and never in a URL', async () => {
    const { backend, client, store } = await createSignedInSetting(database)
    const { accessToken, refreshToken } = await storedIn(store)
    const feed = subscribe(client)
    expect(await feed.next()).toEqual({ next: 0, names: [] })
    await client.tasks.create.mutate({ title: 'One' })
    expect(await feed.next()).toEqual({ next: 1, names: ['One'] })
    await client.tasks.create.mutate({ title: 'Two' })
    expect(await feed.next()).toEqual({ next: 2, names: ['Two'] })

    expect(connectionsIn(backend).map(({ authorization }) => authorization)).toEqual([
      `Bearer ${accessToken}`,
    ])
    const urls = backend.sent.map(({ url }) => decodeURIComponent(url.href)).join(' ')
    expect(urls).not.toContain(accessToken)
    expect(urls).not.toContain(refreshToken)
    expect(feed.seen.states).toEqual(['connecting', 'pending'])
  })

  it('can be read by an iteration too', async () => {
    const { backend, client } = await createSignedInSetting(database)
    await client.tasks.create.mutate({ title: 'Before' })
    for await (const { data } of client.tasks.onChange.subscribe({ since: 0 })) {
      expect(data.changes.map(nameOf)).toEqual(['Before'])
      break
    }
    await backend.streams.until(0)
  })

  it('ends on the server when it is unsubscribed, and says so here', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const feed = subscribe(client)
    await feed.next()
    expect(backend.streams.count).toBe(1)
    feed.seen.unsubscribe()
    await Promise.all([feed.completed, backend.streams.until(0)])
  })

  it('ends on the server when it is aborted', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const abort = new AbortController()
    const feed = subscribe(client, {}, abort.signal)
    await feed.next()
    abort.abort()
    await Promise.all([feed.completed, backend.streams.until(0)])
    expect(feed.seen.error).toBeUndefined()
  })

  it('carries the given headers, asked for at each connection', async () => {
    let asked = 0
    const headers = async () => ({ 'X-Request-Id': `request-${++asked}` })
    const { backend, client } = createSetting(database, { headers })
    await client.auth.signUp.mutate(newAccount())
    const feed = subscribe(client)
    await feed.next()
    backend.advanceClock(accessTokenTtlSeconds + 60)
    await client.tasks.create.mutate({ title: 'New' })
    await feed.next()
    const ids = connectionsIn(backend).map((sent) => sent.headers.get('x-request-id'))
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(2)
    expect(ids.every((id) => id?.startsWith('request-'))).toBe(true)
  })

  it('goes on after a restart of the server, from its last event', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const feed = subscribe(client)
    await feed.next()
    await client.tasks.create.mutate({ title: 'Before' })
    await feed.next()
    backend.restart()
    await feed.retried
    await client.tasks.create.mutate({ title: 'While away' })
    expect(await feed.next()).toEqual({ next: 2, names: ['While away'] })
    expect(connectionsIn(backend).map(({ url }) => inputOf(url))).toEqual([{}, { lastEventId: '1' }])
  })

  it.each([
    ['a page of a proxy', () => unavailablePage()],
    ['a refusal that passes', () => refusal('DATABASE_UNAVAILABLE', 503)],
    ['a broken network', () => Promise.reject(new TypeError('fetch failed'))],
  ])('is not ended by %s', async (_name, answer) => {
    const { backend, client } = await createSignedInSetting(database)
    backend.between = async () => answer()
    const feed = subscribe(client)
    await feed.retried
    expect(feed.seen.states).toEqual(['connecting', 'connecting'])
    expect(feed.seen.error).toBeUndefined()
  })

  it('ends with the reason of a refusal, also of one that came before the stream', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const invalid = subscribe(client, { since: -1 })
    expect(reasonOf(await invalid.failed)).toBe('INPUT_INVALID')

    backend.between = async () => refusal('REQUEST_INVALID', 400)
    const refused = subscribe(client)
    expect(reasonOf(await refused.failed)).toBe('REQUEST_INVALID')

    backend.between = async () => Response.json({ error: 'not found' }, { status: 404 })
    const foreign = subscribe(client)
    expect(await foreign.failed).toMatchObject({
      name: 'TRPCClientError',
      meta: { response: { status: 404 } },
    })
  })

  it('sends nothing when it was unsubscribed before its headers were known', async () => {
    const [asked, known] = [createGate(), createGate()]
    const headers = async () => {
      asked.open()
      await known.opened
      return {}
    }
    const { backend, client } = createSetting(database, { headers })
    const feed = subscribe(client)
    await asked.opened
    feed.seen.unsubscribe()
    known.open()
    await feed.completed
    await new Promise((resolve) => setImmediate(resolve))
    expect(backend.sent).toEqual([])
  })
})

describe('when its token is refused, a subscription', () => {
  it('goes on with a renewed one where it stood', async () => {
    const { backend, client, email, session } = await createSignedInSetting(database)
    const other = await signInElsewhere(backend, email)
    const feed = subscribe(client, { since: 0 })
    await other.tasks.create.mutate({ title: 'Before' })
    expect(await feed.next()).toEqual({ next: 1, names: ['Before'] })
    backend.sent.length = 0
    backend.advanceClock(accessTokenTtlSeconds + 60)
    await other.tasks.create.mutate({ title: 'After' })
    expect(await feed.next()).toEqual({ next: 2, names: ['After'] })

    const [connection, ...others] = connectionsIn(backend)
    expect(others).toEqual([])
    expect(connection && inputOf(connection.url)).toEqual({ since: 0, lastEventId: '1' })
    expect(connection?.authorization).not.toBe(`Bearer ${session.accessToken}`)
    expect(feed.seen.error).toBeUndefined()
    expect(feed.seen.states).toEqual(['connecting', 'pending', 'connecting', 'connecting', 'pending'])
  })

  it('goes on each time that it expires', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const feed = subscribe(client)
    await feed.next()
    for (const title of ['One', 'Two', 'Three']) {
      backend.advanceClock(accessTokenTtlSeconds + 60)
      await client.tasks.create.mutate({ title })
      expect(await feed.next()).toMatchObject({ names: [title] })
    }
    expect(backend.calls('auth.refresh')).toBe(3)
  })

  it('shares one refresh with the others and with calls', async () => {
    const { backend, client } = await createSignedInSetting(database)
    backend.advanceClock(accessTokenTtlSeconds + 60)
    const feeds = [subscribe(client), subscribe(client), subscribe(client)]
    const list = client.tasks.list.query()
    await Promise.all([list, ...feeds.map((feed) => feed.next())])
    expect(backend.calls('auth.refresh')).toBe(1)
    expect(backend.calls('tasks.onChange')).toBe(6)
  })

  it('ends with the refusal when the session was ended elsewhere', async () => {
    const { backend, client, store, session } = await createSignedInSetting(database)
    const elsewhere = memoryStore()
    await elsewhere.set(session)
    const feed = subscribe(client)
    await feed.next()
    const other = createClient({ url: 'http://server.test', fetch: backend.fetch, session: elsewhere })
    await other.auth.logOut.mutate()
    expect(reasonOf(await feed.failed)).toBe('TOKEN_INVALID')
    expect(await store.get()).toBeUndefined()
    expect(backend.calls('auth.refresh')).toBe(1)
    await backend.streams.until(0)
  })

  it('ends with the refusal when nobody is signed in', async () => {
    const { backend, client } = createSetting(database)
    expect(reasonOf(await subscribe(client).failed)).toBe('AUTHENTICATION_REQUIRED')
    expect(backend.calls('auth.refresh')).toBe(0)
  })

  it('ends with what kept the session from being renewed', async () => {
    const { backend, client, store, session } = await createSignedInSetting(database)
    backend.advanceClock(accessTokenTtlSeconds + 60)
    backend.between = ({ paths }, forward) =>
      paths[0] === 'auth.refresh' ? Promise.reject(new TypeError('fetch failed')) : forward()
    expect(await subscribe(client).failed).toMatchObject({ message: 'fetch failed' })
    expect(await store.get()).toEqual(session)
  })

  it('ends when a renewed token is refused at once', async () => {
    const { backend, client } = await createSignedInSetting(database)
    backend.between = async ({ paths }, forward) => {
      if (paths[0] === 'tasks.onChange') backend.advanceClock(accessTokenTtlSeconds + 60)
      return await forward()
    }
    expect(reasonOf(await subscribe(client).failed)).toBe('TOKEN_EXPIRED')
    expect(backend.calls('tasks.onChange')).toBe(2)
    expect(backend.calls('auth.refresh')).toBe(1)
  })

  it.each(['abort', 'unsubscribe'] as const)('is ended by %s while it is renewed', async (way) => {
    const { backend, client } = await createSignedInSetting(database)
    backend.advanceClock(accessTokenTtlSeconds + 60)
    const [asked, answered] = [createGate(), createGate()]
    backend.between = async ({ paths }, forward) => {
      if (paths[0] !== 'auth.refresh') return await forward()
      asked.open()
      await answered.opened
      return await forward()
    }
    const abort = new AbortController()
    const feed = subscribe(client, {}, abort.signal)
    await asked.opened
    if (way === 'abort') abort.abort()
    else feed.seen.unsubscribe()
    await feed.completed
    answered.open()
    await client.auth.me.query()
    expect(backend.calls('tasks.onChange')).toBe(1)
    expect(feed.seen.error).toBeUndefined()
  })

  it('is not continued as another user who has signed in since', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const feed = subscribe(client)
    await feed.next()
    await client.auth.signUp.mutate(newAccount())
    backend.advanceClock(accessTokenTtlSeconds + 60)
    backend.restart()
    expect(reasonOf(await feed.failed)).toBe('AUTHENTICATION_REQUIRED')
    expect(connectionsIn(backend).at(-1)?.authorization).toBeNull()
  })
})
