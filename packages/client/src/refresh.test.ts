import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from './create-client.ts'
import { reasonOf } from './errors.ts'
import { accessTokenTtlSeconds, type Backend } from './fixtures/backend.ts'
import { createSignedInSetting, newAccount, storedIn } from './fixtures/client.ts'
import { createGate } from './fixtures/gate.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

/** A client whose access token has expired. */
async function createExpiredSetting() {
  const setting = await createSignedInSetting(database)
  setting.backend.advanceClock(accessTokenTtlSeconds + 60)
  return setting
}

/** Lets refreshes reach the server and holds their answers until the gate opens. */
function holdRefresh(backend: Backend) {
  const asked = createGate()
  const answered = createGate()
  backend.between = async ({ paths }, forward) => {
    const answer = await forward()
    if (paths[0] !== 'auth.refresh') return answer
    asked.open()
    await answered.opened
    return answer
  }
  return { asked: asked.opened, answer: answered.open }
}

function refusal(code: string, reason: string, status: number): Response {
  const data = { code, reason, httpStatus: status }
  return Response.json({ error: { json: { message: reason, code: -32_000, data } } }, { status })
}

describe('an expired access token', () => {
  it('is refreshed once for 50 calls at a time, and all of them succeed', async () => {
    const { backend, client, store, session } = await createExpiredSetting()
    const lists = await Promise.all(Array.from({ length: 50 }, () => client.tasks.list.query()))
    expect(lists.map(({ total }) => total)).toEqual(Array(50).fill(0))
    expect(backend.calls('auth.refresh')).toBe(1)
    expect(backend.sent).toHaveLength(3)
    expect(await storedIn(store)).toMatchObject({ userId: session.userId })
  })

  it('is refreshed once for queries, mutations and auth calls together', async () => {
    const { backend, client } = await createExpiredSetting()
    const allSent = createGate()
    backend.between = async (_request, forward) => {
      if (backend.sent.length === 3) allSent.open()
      const answer = await forward()
      await allSent.opened
      return answer
    }
    const [me, task] = await Promise.all([
      client.auth.me.query(),
      client.tasks.create.mutate({ title: 'Water the plants' }),
      client.tasks.list.query(),
    ])
    expect(task.userId).toBe(me.id)
    expect(backend.calls('auth.refresh')).toBe(1)
    expect(backend.calls('tasks.create')).toBe(2)
  })

  it('is known by its code, whatever the HTTP status says', async () => {
    const { backend, client } = await createExpiredSetting()
    backend.between = async (_request, forward) => new Response((await forward()).body, { status: 200 })
    await expect(client.tasks.list.query()).resolves.toMatchObject({ total: 0 })
  })

  it('makes calls that start during the refresh wait for the new one', async () => {
    const { backend, client, store } = await createExpiredSetting()
    const refresh = holdRefresh(backend)
    const first = client.tasks.list.query()
    await refresh.asked
    const second = client.tasks.create.mutate({ title: 'Later' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(backend.calls('tasks.create')).toBe(0)

    refresh.answer()
    await Promise.all([first, second])
    const { accessToken } = await storedIn(store)
    const created = backend.sent.filter(({ paths }) => paths.includes('tasks.create'))
    expect(created.map(({ authorization }) => authorization)).toEqual([`Bearer ${accessToken}`])
    expect(backend.calls('auth.refresh')).toBe(1)
  })

  it('is not refreshed again for a refusal that arrives after the refresh', async () => {
    const { backend, client } = await createExpiredSetting()
    const late = createGate()
    backend.between = async ({ paths }, forward) => {
      const isFirstCreate = paths[0] === 'tasks.create' && backend.calls('tasks.create') === 1
      const answer = await forward()
      if (isFirstCreate) await late.opened
      return answer
    }
    const slow = client.tasks.create.mutate({ title: 'Slow' })
    await client.tasks.list.query()
    late.open()
    await expect(slow).resolves.toMatchObject({ title: 'Slow' })
    expect(backend.calls('auth.refresh')).toBe(1)
    expect(backend.calls('tasks.create')).toBe(2)
  })

  it('is not refreshed when another client of the same store has done so', async () => {
    const { backend, client, store } = await createExpiredSetting()
    const other = createClient({ url: 'http://server.test', fetch: backend.fetch, session: store })
    const late = createGate()
    backend.between = async ({ paths }, forward) => {
      const isFirstCreate = paths[0] === 'tasks.create' && backend.calls('tasks.create') === 1
      const answer = await forward()
      if (isFirstCreate) await late.opened
      return answer
    }
    const slow = client.tasks.create.mutate({ title: 'Slow' })
    await other.tasks.list.query()
    late.open()
    await slow
    expect(backend.calls('auth.refresh')).toBe(1)
  })

  it('is refreshed again when it expires again', async () => {
    const { backend, client } = await createExpiredSetting()
    await client.tasks.list.query()
    backend.advanceClock(accessTokenTtlSeconds + 60)
    await client.tasks.list.query()
    expect(backend.calls('auth.refresh')).toBe(2)
  })

  it('makes a call be repeated once and no more', async () => {
    const { backend, client } = await createSignedInSetting(database)
    backend.between = async ({ paths }, forward) => {
      if (paths[0] === 'tasks.list') backend.advanceClock(accessTokenTtlSeconds + 60)
      return await forward()
    }
    const refused = client.tasks.list.query()
    expect(reasonOf(await refused.catch((error) => error))).toBe('TOKEN_EXPIRED')
    expect(backend.calls('tasks.list')).toBe(2)
    expect(backend.calls('auth.refresh')).toBe(1)
  })
})

describe('a refresh that fails', () => {
  it('ends the session when the server refuses it, and the calls reject with their own refusal', async () => {
    const { backend, client, store, session } = await createExpiredSetting()
    const thief = createClient({ url: 'http://server.test', fetch: backend.fetch })
    const stolen = await thief.auth.refresh.mutate({ refreshToken: session.refreshToken })
    await thief.auth.refresh.mutate({ refreshToken: stolen.refreshToken })

    const calls = await Promise.allSettled([client.tasks.list.query(), client.tasks.list.query()])
    const reasons = calls.map((call) => call.status === 'rejected' && reasonOf(call.reason))
    expect(reasons).toEqual(['TOKEN_EXPIRED', 'TOKEN_EXPIRED'])
    expect(await store.get()).toBeUndefined()
    expect(backend.calls('auth.refresh')).toBe(3)
  })

  it('keeps the session when the network broke, rejects with that, and succeeds later', async () => {
    const { backend, client, store, session } = await createExpiredSetting()
    backend.between = ({ paths }, forward) =>
      paths[0] === 'auth.refresh' ? Promise.reject(new TypeError('fetch failed')) : forward()
    const calls = await Promise.allSettled([client.tasks.list.query(), client.tasks.list.query()])
    expect(calls).toMatchObject([
      { status: 'rejected', reason: { message: 'fetch failed' } },
      { status: 'rejected', reason: { message: 'fetch failed' } },
    ])
    expect(await store.get()).toEqual(session)
    expect(backend.calls('auth.refresh')).toBe(1)

    backend.between = (_request, forward) => forward()
    await expect(client.tasks.list.query()).resolves.toMatchObject({ total: 0 })
  })

  it.each([
    ['SERVICE_UNAVAILABLE', 'TOO_BUSY', 503],
    ['TOO_MANY_REQUESTS', 'RATE_LIMITED', 429],
  ])('keeps the session when the server answers %s', async (code, reason, status) => {
    const { backend, client, store, session } = await createExpiredSetting()
    backend.between = async ({ paths }, forward) =>
      paths[0] === 'auth.refresh' ? refusal(code, reason, status) : await forward()
    const failed = client.tasks.list.query()
    expect(reasonOf(await failed.catch((error) => error))).toBe(reason)
    expect(await store.get()).toEqual(session)
  })
})

describe('during a refresh', () => {
  it('a log-in wins, and nothing of the user before is repeated as the new one', async () => {
    const { backend, client, store } = await createExpiredSetting()
    const refresh = holdRefresh(backend)
    const create = client.tasks.create.mutate({ title: 'Of the first user' }).catch((error) => error)
    await refresh.asked
    const { user, accessToken, refreshToken } = await client.auth.signUp.mutate(newAccount())
    refresh.answer()
    expect(reasonOf(await create)).toBe('TOKEN_EXPIRED')
    expect(await store.get()).toEqual({ userId: user.id, accessToken, refreshToken })
    await expect(client.tasks.list.query()).resolves.toMatchObject({ total: 0 })
  })

  it('a log-out wins: it ends the refreshed session here and on the server', async () => {
    const { backend, client, store } = await createExpiredSetting()
    const refresh = holdRefresh(backend)
    const list = client.tasks.list.query().catch((error) => error)
    await refresh.asked
    const loggedOut = client.auth.logOut.mutate()
    refresh.answer()
    await Promise.all([loggedOut, list])
    expect(await store.get()).toBeUndefined()
    expect(backend.calls('auth.logOut')).toBe(1)
  })

  it('a session that was forgotten stays forgotten', async () => {
    const { backend, client, store } = await createExpiredSetting()
    const refresh = holdRefresh(backend)
    const list = client.tasks.list.query().catch((error) => error)
    await refresh.asked
    await store.clear()
    refresh.answer()
    expect(reasonOf(await list)).toBe('TOKEN_EXPIRED')
    expect(await store.get()).toBeUndefined()
  })

  it('a log-in survives the refusal of the refresh', async () => {
    const { backend, client, store, session } = await createExpiredSetting()
    const thief = createClient({ url: 'http://server.test', fetch: backend.fetch })
    await thief.auth.refresh.mutate({ refreshToken: session.refreshToken })
    const refresh = holdRefresh(backend)
    const list = client.tasks.list.query().catch((error) => error)
    await refresh.asked
    const { user } = await client.auth.signUp.mutate(newAccount())
    refresh.answer()
    await list
    expect(await storedIn(store)).toMatchObject({ userId: user.id })
  })

  it('an aborted call rejects at once and is not repeated, while the others of its batch are', async () => {
    const { backend, client } = await createExpiredSetting()
    const refresh = holdRefresh(backend)
    const abort = new AbortController()
    const aborted = client.tasks.create.mutate({ title: 'Never' }, { signal: abort.signal })
    const other = client.tasks.create.mutate({ title: 'Always' })
    await refresh.asked
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ cause: { name: 'AbortError' } })

    refresh.answer()
    await expect(other).resolves.toMatchObject({ title: 'Always' })
    const created = backend.sent.filter(({ paths }) => paths[0] === 'tasks.create')
    expect(created.map(({ paths }) => paths.length)).toEqual([2, 1])
  })
})
