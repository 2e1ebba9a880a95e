import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { TRPCClientError } from '@trpc/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient, type TasklaneClient } from './create-client.ts'
import { reasonOf } from './errors.ts'
import { accessTokenTtlSeconds, type Backend, createBackend } from './fixtures/backend.ts'
import { createSetting, createSignedInSetting, newAccount, password, storedIn } from './fixtures/client.ts'
import { createEventStream, refusal, unavailablePage } from './fixtures/events.ts'
import { createGate } from './fixtures/gate.ts'
import { createLoopbackServer } from './fixtures/server.ts'
import { changesWhile, nameOf, nextChanges, nextPage, startWatch, type Watched } from './fixtures/watching.ts'
import { memoryStore } from './memory-store.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

/** A watch that has read its first page, and another client of the same user that writes. */
async function createWatching() {
  const setting = await createSignedInSetting(database)
  const { backend, client, email } = setting
  const writer = createClient({ url: 'http://server.test', fetch: backend.fetch })
  await writer.auth.logIn.mutate({ usernameOrEmail: email, password })
  const watch = startWatch(client)
  await nextPage(watch)
  backend.sent.length = 0
  return { ...setting, writer, watch }
}

/** Answers the next connections of a watch in this way, and then as the server does. */
function answerConnections(
  backend: Backend,
  ...answers: (() => Response | Promise<Response>)[]
): Promise<void> {
  const gate = createGate()
  backend.between = async ({ paths }, forward) => {
    const answer = paths[0] === 'tasks.onChange' ? answers.shift() : undefined
    if (answers.length === 0) gate.open()
    return await (answer ?? forward)()
  }
  return gate.opened
}

function streamOf(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

async function errorOf(watch: Watched): Promise<unknown> {
  const error: unknown = await watch.next().catch((cause) => cause)
  expect(error).toBeInstanceOf(TRPCClientError)
  return error
}

async function changeAndRead(writer: TasklaneClient, watch: Watched, ...titles: string[]) {
  for (const title of titles) await writer.tasks.create.mutate({ title })
  expect((await nextChanges(watch, titles.length)).map(nameOf)).toEqual(titles)
}

describe('a watch survives', () => {
  it('a connection that is cut, and misses nothing of the time between', async () => {
    const { backend, writer, watch } = await createWatching()
    await changeAndRead(writer, watch, 'One')
    backend.cut()
    await changeAndRead(writer, watch, 'Two', 'Three')
    expect(backend.calls('tasks.onChange')).toBe(1)
    expect(backend.sent.at(-1)?.url.searchParams.get('input')).toBe('{"json":{"since":1}}')
  })

  it('a server that closes', async () => {
    const { backend, writer, watch } = await createWatching()
    backend.restart()
    await changeAndRead(writer, watch, 'One', 'Two')
  })

  it('a server that is killed, and then away for a while', async () => {
    const backend = createBackend(database)
    const server = await createLoopbackServer(backend)
    const client = createClient({ url: server.url })
    const account = newAccount()
    await client.auth.signUp.mutate(account)
    const writer = createClient({ url: 'http://server.test', fetch: backend.fetch })
    await writer.auth.logIn.mutate({ usernameOrEmail: account.email, password })
    const watch = startWatch(client)
    await nextPage(watch)

    server.cut()
    await changeAndRead(writer, watch, 'One')
    await server.stop()
    await backend.streams.until(0)
    await writer.tasks.create.mutate({ title: 'While away' })
    await server.start()
    expect((await nextChanges(watch, 1)).map(nameOf)).toEqual(['While away'])
    await watch.return?.()
    await backend.streams.until(0)
  })

  it.each([
    ['a page of a proxy with 502', () => unavailablePage(502)],
    ['a page of a proxy with 503', () => unavailablePage(503)],
    ['a page of a proxy with 504', () => unavailablePage(504)],
    ['a page of a proxy with 429', () => unavailablePage(429)],
    ['a page with 200', () => unavailablePage(200)],
    ['a database that is away', () => refusal('DATABASE_UNAVAILABLE', 503)],
    ['an error of the server', () => refusal('INTERNAL', 500)],
    ['a limit of attempts', () => refusal('RATE_LIMITED', 429)],
    ['a broken network', () => Promise.reject(new TypeError('fetch failed'))],
    ['an empty stream', () => streamOf('')],
    ['a stream that the server ends', () => streamOf('event: return\ndata:\n\n')],
    ['a stream that is garbled', () => streamOf('data: {\n\n')],
  ])('%s, twice', async (_name, answer) => {
    const { backend, writer, watch } = await createWatching()
    const isBack = answerConnections(backend, answer, answer)
    backend.cut()
    const changes = await changesWhile(watch, 1, async () => {
      await isBack
      await writer.tasks.create.mutate({ title: 'One' })
    })
    expect(changes.map(nameOf)).toEqual(['One'])
    expect(backend.calls('tasks.onChange')).toBe(3)
  })

  it('too many streams of its user, until one of them ends', async () => {
    const { backend, client, session } = await createSignedInSetting(database)
    const { changeBus } = backend.dependencies
    const others = Array.from({ length: 100 }, () => changeBus.subscribe(session.userId))
    const refused = createGate()
    backend.between = async (_request, forward) => {
      if (backend.calls('tasks.onChange') === 3) refused.open()
      return await forward()
    }
    const [page] = await Promise.all([
      nextPage(startWatch(client)),
      refused.opened.then(() => others.pop()?.end()),
    ])
    expect(page).toMatchObject({ next: 0 })
    for (const other of others) other.end()
  })

  it('a connection that falls silent', async () => {
    const { backend, writer, watch } = await createWatching()
    const silent = createEventStream('{"reconnectAfterInactivityMs":50}')
    const isBack = answerConnections(backend, () => silent.response)
    backend.cut()
    const changes = await changesWhile(watch, 1, async () => {
      await isBack
      await writer.tasks.create.mutate({ title: 'One' })
    })
    expect(changes.map(nameOf)).toEqual(['One'])
    expect(backend.calls('tasks.onChange')).toBe(2)
  })

  it('a store of the session that cannot be read for a moment', async () => {
    const { backend, client: first, session } = await createSignedInSetting(database)
    const kept = memoryStore()
    await kept.set(session)
    let failures = 2
    const get = () => (failures-- > 0 ? Promise.reject(new Error('disk away')) : kept.get())
    const client = createClient({
      url: 'http://server.test',
      fetch: backend.fetch,
      session: { ...kept, get },
    })
    const watch = startWatch(client)
    expect(await nextPage(watch)).toMatchObject({ next: 0 })
    await changeAndRead(first, watch, 'One')
  })
})

describe('the token of a watch', () => {
  it('is renewed when it expires in the middle, and the watch goes on where it stood', async () => {
    const { backend, writer, watch, session, store } = await createWatching()
    await changeAndRead(writer, watch, 'One')
    backend.advanceClock(accessTokenTtlSeconds + 60)
    await changeAndRead(writer, watch, 'Two', 'Three')
    const renewed = await storedIn(store)
    expect(renewed.accessToken).not.toBe(session.accessToken)
    const connections = backend.sent.filter(({ paths }) => paths[0] === 'tasks.onChange')
    expect(connections.map(({ authorization }) => authorization)).toEqual([`Bearer ${renewed.accessToken}`])
  })

  it('is renewed when it expired while the server was away', async () => {
    const { backend, writer, watch } = await createWatching()
    const isBack = answerConnections(backend, () => unavailablePage())
    backend.cut()
    backend.advanceClock(accessTokenTtlSeconds + 60)
    const changes = await changesWhile(watch, 1, async () => {
      await isBack
      await writer.tasks.create.mutate({ title: 'One' })
    })
    expect(changes.map(nameOf)).toEqual(['One'])
  })

  it('is renewed once the server is back, when the refresh did not reach it', async () => {
    const { backend, watch, store, session, email } = await createWatching()
    const failed = createGate()
    backend.between = async ({ paths }, forward) => {
      if (paths[0] !== 'auth.refresh') return await forward()
      if (backend.calls('auth.refresh') === 3) failed.open()
      throw new TypeError('fetch failed')
    }
    backend.advanceClock(accessTokenTtlSeconds + 60)
    backend.cut()
    const changes = await changesWhile(watch, 1, async () => {
      await failed.opened
      backend.between = (_request, forward) => forward()
      const writer = createClient({ url: 'http://server.test', fetch: backend.fetch })
      await writer.auth.logIn.mutate({ usernameOrEmail: email, password })
      await writer.tasks.create.mutate({ title: 'One' })
    })
    expect(changes.map(nameOf)).toEqual(['One'])
    expect((await storedIn(store)).accessToken).not.toBe(session.accessToken)
  })
})

describe('a watch throws', () => {
  it('when its session was ended elsewhere', async () => {
    const { backend, watch, session, store } = await createWatching()
    const elsewhere = memoryStore()
    await elsewhere.set(session)
    await createClient({
      url: 'http://server.test',
      fetch: backend.fetch,
      session: elsewhere,
    }).auth.logOut.mutate()
    expect(reasonOf(await errorOf(watch))).toBe('TOKEN_INVALID')
    expect(await store.get()).toBeUndefined()
    expect(await watch.next()).toEqual({ value: undefined, done: true })
    await backend.streams.until(0)
  })

  it('when its user logs out', async () => {
    const { backend, client, watch } = await createWatching()
    const failed = errorOf(watch)
    await client.auth.logOut.mutate()
    expect(reasonOf(await failed)).toBe('TOKEN_INVALID')
    await backend.streams.until(0)
  })

  it('when nobody is signed in', async () => {
    const { client } = createSetting(database)
    expect(reasonOf(await errorOf(client.tasks.watch()))).toBe('AUTHENTICATION_REQUIRED')
  })

  it('when another user has signed in, and never brings that one’s tasks', async () => {
    const { backend, client, store, watch } = await createWatching()
    const { user } = await client.auth.signUp.mutate(newAccount())
    await client.tasks.create.mutate({ title: 'Of another user' })
    backend.cut()
    expect(reasonOf(await errorOf(watch))).toBe('AUTHENTICATION_REQUIRED')
    expect(await storedIn(store)).toMatchObject({ userId: user.id })
  })

  it('when its user has logged out, instead of going on with an own Authorization header', async () => {
    const { session } = await createSignedInSetting(database)
    const headers = { Authorization: `Bearer ${session.accessToken}` }
    const { backend, client, store } = await createSignedInSetting(database, { headers })
    const watch = startWatch(client)
    await nextPage(watch)
    await store.clear()
    backend.cut()
    expect(reasonOf(await errorOf(watch))).toBe('AUTHENTICATION_REQUIRED')
  })

  it('what a wrong start is refused with', async () => {
    const { client } = await createSignedInSetting(database)
    expect(reasonOf(await errorOf(client.tasks.watch({ since: -1 })))).toBe('INPUT_INVALID')
    expect(reasonOf(await errorOf(client.tasks.watch({ since: 0.5 })))).toBe('INPUT_INVALID')
  })

  it.each([
    ['FORBIDDEN', () => refusal('SIGN_IN_REQUIRED', 403), 403],
    ['NOT_FOUND', () => refusal('PROCEDURE_NOT_FOUND', 404), 404],
    ['BAD_REQUEST', () => refusal('REQUEST_INVALID', 400), 400],
  ])('what the server refuses for good: %s', async (code, answer, httpStatus) => {
    const { backend, watch } = await createWatching()
    void answerConnections(backend, answer)
    backend.cut()
    expect(await errorOf(watch)).toMatchObject({ data: { code, httpStatus } })
  })

  it('when something else than this server answers', async () => {
    const { backend, watch } = await createWatching()
    void answerConnections(backend, () => unavailablePage(404))
    backend.cut()
    expect(await errorOf(watch)).toMatchObject({ meta: { response: { status: 404 } } })
  })
})
