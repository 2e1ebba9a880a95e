import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from './create-client.ts'
import { reasonOf } from './errors.ts'
import { accessTokenTtlSeconds, createBackend } from './fixtures/backend.ts'
import { createSetting, createSignedInSetting, newAccount } from './fixtures/client.ts'
import { createGate } from './fixtures/gate.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

describe('the url', () => {
  it.each([
    ['http://server.test', 'http://server.test/trpc/auth.me'],
    ['http://server.test/', 'http://server.test/trpc/auth.me'],
    ['https://server.test:8443', 'https://server.test:8443/trpc/auth.me'],
    ['http://server.test/tasks', 'http://server.test/tasks/trpc/auth.me'],
    ['http://server.test/tasks/v1//', 'http://server.test/tasks/v1/trpc/auth.me'],
    [new URL('http://[::1]:3000'), 'http://[::1]:3000/trpc/auth.me'],
  ])('%s leads to %s', async (url, target) => {
    const asked: string[] = []
    const fetch = async (sent: string) => {
      asked.push(sent)
      return Response.json({ result: { data: { json: null } } })
    }
    await createClient({ url, fetch }).auth.me.query()
    expect(asked).toEqual([target])
  })

  it.each([
    '',
    'server.test',
    'localhost:3000',
    '/tasks',
    'ftp://server.test',
    'http://user:secret@server.test',
    'http://server.test/?a=1',
    'http://server.test/#tasks',
  ])('%j is refused at once, and the error says what is needed', (url) => {
    expect(() => createClient({ url })).toThrow(
      new TypeError(
        'createClient: url must be an absolute http or https URL without credentials, query or fragment,' +
          ' such as "http://localhost:3000"',
      ),
    )
  })
})

describe('requests', () => {
  it('are shared by the calls of one tick', async () => {
    const { backend, client } = await createSignedInSetting(database)
    await Promise.all(Array.from({ length: 10 }, () => client.tasks.list.query()))
    expect(backend.sent.map(({ paths }) => paths.length)).toEqual([10])
  })

  it('carry no more than the 100 calls that the server takes', async () => {
    const { backend, client } = await createSignedInSetting(database)
    await Promise.all(Array.from({ length: 101 }, () => client.tasks.list.query()))
    expect(backend.sent.map(({ paths }) => paths.length)).toEqual([100, 1])
  })

  it('are POSTs with nothing of the input in the URL, for queries too', async () => {
    const { backend, client } = await createSignedInSetting(database)
    await client.tasks.list.query({ priority: 'urgent', limit: 7 })
    await client.auth.me.query()
    await client.tasks.create.mutate({ title: 'Private' })
    expect(backend.sent.map(({ method, url }) => `${method} ${url.pathname}${url.search}`)).toEqual([
      'POST /trpc/tasks.list?batch=1',
      'POST /trpc/auth.me',
      'POST /trpc/tasks.create?batch=1',
    ])
  })

  it('are not shared by auth calls', async () => {
    const { backend, client } = await createSignedInSetting(database)
    await Promise.all([client.auth.me.query(), client.auth.me.query(), client.tasks.list.query()])
    expect(backend.sent.map(({ paths }) => paths)).toEqual([['auth.me'], ['auth.me'], ['tasks.list']])
  })

  it('carry the given headers, a refresh too', async () => {
    const { backend, client } = await createSignedInSetting(database, { headers: { 'X-Trace': 'abc' } })
    backend.advanceClock(accessTokenTtlSeconds + 60)
    await client.tasks.list.query()
    expect(backend.sent.map(({ paths, headers }) => [paths[0], headers.get('x-trace')])).toEqual([
      ['tasks.list', 'abc'],
      ['auth.refresh', 'abc'],
      ['tasks.list', 'abc'],
    ])
  })

  it('ask for their headers each time when these are a function', async () => {
    let asked = 0
    const headers = async () => ({ 'x-request-id': `request-${++asked}` })
    const { backend, client } = createSetting(database, { headers })
    await client.auth.signUp.mutate(newAccount())
    await client.auth.me.query()
    expect(backend.sent.map((sent) => sent.headers.get('x-request-id'))).toEqual(['request-1', 'request-2'])
  })

  it('carry an own Authorization header until somebody signs in', async () => {
    const { accessToken } = await createSetting(database).client.auth.signUp.mutate(newAccount())
    const headers = { Authorization: `Bearer ${accessToken}` }
    const { backend, client } = createSetting(database, { headers })
    await client.tasks.list.query()
    const own = await client.auth.signUp.mutate(newAccount())
    await client.tasks.list.query()
    expect(backend.sent.map(({ authorization }) => authorization)).toEqual([
      `Bearer ${accessToken}`,
      `Bearer ${accessToken}`,
      `Bearer ${own.accessToken}`,
    ])
  })
})

describe('answers', () => {
  it('hold instants as dates', async () => {
    const { client } = await createSignedInSetting(database)
    const task = await client.tasks.create.mutate({ title: 'Now' })
    expect(task.createdAt).toBeInstanceOf(Date)
    expect(Math.abs(task.createdAt.getTime() - Date.now())).toBeLessThan(60_000)
  })

  it('of one batch succeed and fail each on its own', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const { id } = await client.tasks.create.mutate({ title: 'Here' })
    backend.sent.length = 0
    const [found, missing, list] = await Promise.allSettled([
      client.tasks.get.query({ id }),
      client.tasks.get.query({ id: '00000000-0000-7000-8000-000000000000' }),
      client.tasks.list.query(),
    ])
    expect(backend.sent).toHaveLength(1)
    expect(found).toMatchObject({ status: 'fulfilled', value: { title: 'Here' } })
    expect(missing.status === 'rejected' && reasonOf(missing.reason)).toBe('TASK_NOT_FOUND')
    expect(list).toMatchObject({ status: 'fulfilled', value: { total: 1 } })
  })
})

describe('aborting', () => {
  it('sends nothing of a call that was aborted before, not even with others', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const call = client.tasks.list.query(undefined, { signal: AbortSignal.abort() })
    await Promise.all([
      expect(call).rejects.toMatchObject({ name: 'TRPCClientError', cause: { name: 'AbortError' } }),
      client.tasks.list.query(),
    ])
    expect(backend.sent.map(({ paths }) => paths)).toEqual([['tasks.list']])
  })

  it('rejects one call of a batch at once and leaves the others', async () => {
    const { backend, client } = await createSignedInSetting(database)
    const [asked, answered] = [createGate(), createGate()]
    backend.between = async (_request, forward) => {
      asked.open()
      await answered.opened
      return await forward()
    }
    const abort = new AbortController()
    const aborted = client.tasks.list.query(undefined, { signal: abort.signal })
    const other = client.tasks.list.query()
    await asked.opened
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ cause: { name: 'AbortError' } })
    answered.open()
    await expect(other).resolves.toMatchObject({ total: 0 })
  })

  it.each(['tasks.list', 'auth.me'])('cancels the request of %s', async (path) => {
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
    const { signal } = abort
    const call =
      path === 'auth.me' ? client.auth.me.query({}, { signal }) : client.tasks.list.query({}, { signal })
    await asked.opened
    abort.abort()
    await expect(call).rejects.toMatchObject({ cause: { name: 'AbortError' } })
    await cancelled.opened
  })

  it('rejects with the reason that was given', async () => {
    const { backend, client } = await createSignedInSetting(database)
    backend.between = () => new Promise(() => {})
    const call = client.tasks.list.query(undefined, { signal: AbortSignal.timeout(20) })
    await expect(call).rejects.toMatchObject({ cause: { name: 'TimeoutError' } })
  })
})
