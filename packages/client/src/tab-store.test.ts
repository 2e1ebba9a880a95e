import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { browserStore } from './browser-store.ts'
import { type ClientOptions, createClient, type TasklaneClient } from './create-client.ts'
import { reasonOf } from './errors.ts'
import { accessTokenTtlSeconds, type Backend, createBackend } from './fixtures/backend.ts'
import { newAccount, password } from './fixtures/client.ts'
import { createGate } from './fixtures/gate.ts'
import { createLocks } from './fixtures/web-locks.ts'
import type { SessionStore } from './session.ts'
import { tabStore } from './tab-store.ts'

let database: Database
let backend: Backend
let name: string

beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(() => {
  backend = createBackend(database)
  name = crypto.randomUUID()
  vi.stubGlobal('document', {})
})
afterEach(() => vi.unstubAllGlobals())
afterAll(() => database.close())

/** A tab of one browser. */
function openTab(options: Partial<ClientOptions> = {}): { client: TasklaneClient; store: SessionStore } {
  const store = options.session ?? tabStore({ name })
  return {
    client: createClient({ url: 'http://server.test', fetch: backend.fetch, ...options, session: store }),
    store,
  }
}

/** What a tab hears of another comes in a moment. */
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 5000 })

async function openSignedIn(count: number) {
  const tabs = Array.from({ length: count }, () => openTab())
  const account = newAccount()
  const { user } = (await tabs[0]?.client.auth.signUp.mutate(account)) ?? {}
  await eventually(async () => {
    for (const { store } of tabs) expect(await store.get()).toMatchObject({ userId: user?.id })
  })
  return { tabs, account, userId: user?.id }
}

describe('tabs of one browser', () => {
  it('share a sign-in', async () => {
    const { tabs, userId } = await openSignedIn(3)
    for (const { client } of tabs) expect(await client.auth.me.query()).toMatchObject({ id: userId })
  })

  it.each([0, 300])('refresh once for all, when news takes %i ms between tabs', async (milliseconds) => {
    class LateChannel extends BroadcastChannel {
      override postMessage(message: unknown): void {
        setTimeout(() => super.postMessage(message), milliseconds)
      }
    }
    vi.stubGlobal('BroadcastChannel', LateChannel)
    const locks = createLocks()
    vi.stubGlobal('navigator', { locks })
    const { tabs } = await openSignedIn(3)
    const asked = vi.spyOn(locks, 'request')
    const gate = createGate()
    backend.between = async ({ paths }, forward) => {
      if (paths.includes('auth.refresh')) await gate.opened
      return await forward()
    }
    backend.advanceClock(accessTokenTtlSeconds + 60)
    const calls = tabs.flatMap(({ client }) => Array.from({ length: 10 }, () => client.tasks.list.query()))
    // One has the lock. The two others have found it taken, and wait.
    await eventually(async () => expect(asked).toHaveBeenCalledTimes(1 + 2 + 2))
    gate.open()
    await Promise.all(calls)
    expect(backend.calls('auth.refresh')).toBe(1)
  })

  it('refresh at once when the one before could not', async () => {
    const locks = createLocks()
    vi.stubGlobal('navigator', { locks })
    const { tabs, userId } = await openSignedIn(2)
    const asked = vi.spyOn(locks, 'request')
    const gate = createGate()
    backend.between = async ({ paths }, forward) => {
      if (!paths.includes('auth.refresh')) return await forward()
      if (backend.calls('auth.refresh') > 1) return await forward()
      await gate.opened
      throw new TypeError('no network')
    }
    const { setTimeout } = globalThis
    // Nobody is waited for in vain.
    vi.stubGlobal('setTimeout', (work: () => void, ms: number) => (ms === 1000 ? 0 : setTimeout(work, ms)))
    backend.advanceClock(accessTokenTtlSeconds + 60)
    const calls = tabs.map(({ client }) => client.auth.me.query().catch(() => undefined))
    await eventually(async () => expect(asked).toHaveBeenCalledTimes(1 + 2))
    gate.open()
    const [first, second] = await Promise.all(calls)
    expect([first, second]).toContainEqual(expect.objectContaining({ id: userId }))
    expect(backend.calls('auth.refresh')).toBe(2)
  })

  it('stay signed in when each refreshes on its own, as without Web Locks', async () => {
    vi.stubGlobal('navigator', {})
    const { tabs, userId } = await openSignedIn(3)
    const gates = Array.from({ length: 3 }, createGate)
    backend.between = async ({ paths }, forward) => {
      if (!paths.includes('auth.refresh')) return await forward()
      const asked = backend.calls('auth.refresh')
      const gate = gates[Math.ceil(asked / 3) - 1]
      if (asked % 3 === 0) gate?.open()
      await gate?.opened
      return await forward()
    }
    for (let round = 0; round < 3; round++) {
      backend.advanceClock(accessTokenTtlSeconds + 60)
      const calls = tabs.map(({ client }) => client.auth.me.query())
      for (const me of await Promise.all(calls)) expect(me).toMatchObject({ id: userId })
      // Nothing is on its way for as long as a token lives.
      await eventually(async () => {
        const tokens = await Promise.all(tabs.map(async ({ store }) => (await store.get())?.accessToken))
        expect(new Set(tokens).size).toBe(1)
      })
    }
    expect(backend.calls('auth.refresh')).toBe(9)
  })

  it('are all signed out by one', async () => {
    const { tabs } = await openSignedIn(3)
    await tabs[1]?.client.auth.logOut.mutate()
    await eventually(async () => {
      for (const { store } of tabs) expect(await store.get()).toBeUndefined()
    })
  })

  it('go on with whoever has signed in last', async () => {
    const { tabs } = await openSignedIn(2)
    const { user } = (await tabs[1]?.client.auth.signUp.mutate(newAccount())) ?? {}
    await eventually(async () => expect(await tabs[0]?.store.get()).toMatchObject({ userId: user?.id }))
  })

  it('take no notice of the end of a session that is not theirs', async () => {
    const { tabs, userId } = await openSignedIn(1)
    const stranger = new BroadcastChannel(name)
    const at = Date.now() + 60_000
    for (const message of [
      { userId: 'another', at },
      { userId, at: 1 },
      { userId },
      null,
      'end',
      {},
      { userId: 1, at },
    ])
      stranger.postMessage(message)
    const witness = tabStore({ name })
    stranger.postMessage({
      at,
      userId: 'last',
      session: { userId: 'last', accessToken: 'a', refreshToken: 'r' },
    })
    const seen: (string | undefined)[] = []
    tabs[0]?.store.onChange?.(async () => void seen.push((await tabs[0]?.store.get())?.userId))
    await eventually(async () => expect(await witness.get()).toMatchObject({ userId: 'last' }))
    await eventually(async () => expect(seen).toEqual(['last']))
    stranger.close()
  })
})

describe('who is signed in', () => {
  it('is told when it becomes another one, here or in another tab, and not when tokens change', async () => {
    const here: (string | undefined)[] = []
    const tab = openTab({ onUserChange: (userId) => here.push(userId) })
    const elsewhere: (string | undefined)[] = []
    const other = openTab({ onUserChange: (userId) => elsewhere.push(userId) })
    const { user } = await tab.client.auth.signUp.mutate(newAccount())
    await eventually(async () => expect(elsewhere).toEqual([user.id]))
    backend.advanceClock(accessTokenTtlSeconds + 60)
    await tab.client.tasks.list.query()
    await other.client.auth.logOut.mutate()
    await eventually(async () => expect(here).toEqual([user.id, undefined]))
    expect(elsewhere).toEqual([user.id, undefined])
  })

  it('is told when the session was revoked and a call finds out', async () => {
    const told: (string | undefined)[] = []
    const { client } = openTab({ onUserChange: (userId) => told.push(userId) })
    const account = newAccount()
    const { user } = await client.auth.signUp.mutate(account)
    const elsewhere = openTab({ session: tabStore({ name: crypto.randomUUID() }) }).client
    await elsewhere.auth.logIn.mutate({ usernameOrEmail: account.email, password })
    const { sessions } = await elsewhere.sessions.list.query()
    for (const { id, isCurrent } of sessions) if (!isCurrent) await elsewhere.sessions.revoke.mutate({ id })
    expect(await client.tasks.list.query().catch(reasonOf)).toBe('TOKEN_INVALID')
    expect(told).toEqual([user.id, undefined])
  })
})

it('tells nobody anything where pages are rendered: one process has the tabs of all', async () => {
  vi.unstubAllGlobals()
  const sessionOf = (userId: string) => ({ userId, accessToken: userId, refreshToken: userId })
  const [one, other] = ['one', 'other'].map((userId) => tabStore({ name, session: sessionOf(userId) }))
  const nobody = tabStore({ name })
  await one?.set({ ...sessionOf('one'), accessToken: 'refreshed' })
  // A message would have come by then.
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([await other?.get(), await nobody.get()]).toEqual([sessionOf('other'), undefined])
})

describe('what a tab hears', () => {
  const heard = async (store: SessionStore) => {
    const witness = openTab()
    await witness.store.set({ userId: 'witness', accessToken: 'w', refreshToken: 'w' })
    await eventually(async () => expect(await store.get()).toMatchObject({ userId: 'witness' }))
  }
  const first = { userId: 'first', accessToken: 'a', refreshToken: 'r' }

  it('is in order, whatever the clock does: set and cleared in one moment, and set back', async () => {
    const [one, other] = [openTab().store, openTab().store]
    vi.spyOn(Date, 'now').mockReturnValue(2_000_000_000_000)
    await one.set(first)
    await one.clear()
    await one.set(first)
    await eventually(async () => expect(await other.get()).toEqual(first))
    vi.spyOn(Date, 'now').mockReturnValue(1_000_000_000_000)
    await other.clear()
    await eventually(async () => expect(await one.get()).toBeUndefined())
    vi.restoreAllMocks()
  })

  it.each([
    ['a moment that is none', { userId: 'first', at: Number.POSITIVE_INFINITY }],
    ['a session of another form', { userId: 'first', at: 4_000_000_000_000, session: { userId: 'first' } }],
  ])('is no end: %s', async (_what, message) => {
    const { store } = openTab({ session: tabStore({ name, session: first }) })
    const stranger = new BroadcastChannel(name)
    stranger.postMessage(message)
    const ended: unknown[] = []
    store.onChange?.(async () => ended.push(await store.get()))
    await heard(store)
    expect(ended).toHaveLength(1)
    stranger.close()
  })
})

describe('a log-in', () => {
  it.each(['one tab', 'two tabs'])(
    'waits for a refresh that is under way, so that its late answer ends nothing: %s',
    async (where) => {
      vi.stubGlobal('navigator', { locks: createLocks() })
      const { tabs } = await openSignedIn(2)
      const gate = createGate()
      const order: string[] = []
      backend.between = async ({ paths }, forward) => {
        if (paths.includes('auth.refresh')) await gate.opened
        const answer = await forward()
        order.push(...paths)
        return answer
      }
      backend.advanceClock(accessTokenTtlSeconds + 60)
      const late = tabs[0]?.client.tasks.list.query().catch(reasonOf)
      await vi.waitFor(() => expect(backend.calls('auth.refresh')).toBe(1))
      const account = newAccount()
      const signingUp = tabs[where === 'one tab' ? 0 : 1]?.client.auth.signUp.mutate(account)
      gate.open()
      const { user } = (await signingUp) ?? {}
      await late
      expect(order.indexOf('auth.refresh')).toBeLessThan(order.indexOf('auth.signUp'))
      await eventually(async () => {
        for (const { store } of tabs) expect(await store.get()).toMatchObject({ userId: user?.id })
      })
    },
  )
})

describe('a listener', () => {
  it('that fails, and a store that cannot be read at first, fail no call and stop no telling', async () => {
    const told: (string | undefined)[] = []
    const failures: unknown[] = []
    vi.stubGlobal('queueMicrotask', (work: () => void) => {
      try {
        work()
      } catch (error) {
        failures.push(error)
      }
    })
    const store = tabStore({ name })
    const { get } = store
    store.get = () => {
      store.get = get
      throw new Error('out of reach')
    }
    const onUserChange = (userId: string | undefined) => {
      told.push(userId)
      throw new Error('a listener of the page')
    }
    const { client } = openTab({ session: store, onUserChange })
    const { user } = await client.auth.signUp.mutate(newAccount())
    await client.auth.logOut.mutate()
    expect(told).toEqual([user.id, undefined])
    expect(failures).toHaveLength(2)
  })
})

describe('a lock', () => {
  it('that the browser refuses keeps nobody from refreshing', async () => {
    const request = () => Promise.reject(new DOMException('no storage here', 'SecurityError'))
    vi.stubGlobal('navigator', { locks: { request } })
    const { tabs, userId } = await openSignedIn(1)
    backend.advanceClock(accessTokenTtlSeconds + 60)
    expect(await tabs[0]?.client.auth.me.query()).toMatchObject({ id: userId })
  })

  it('that a hung tab holds keeps nobody from refreshing', async () => {
    const locks = createLocks()
    vi.stubGlobal('navigator', { locks })
    vi.spyOn(AbortSignal, 'timeout').mockImplementationOnce(() =>
      AbortSignal.abort(new Error('waited long enough')),
    )
    const { tabs, userId } = await openSignedIn(1)
    void locks.request(`tasklane.refresh ${name}`, {}, () => new Promise(() => {}))
    backend.advanceClock(accessTokenTtlSeconds + 60)
    expect(await tabs[0]?.client.auth.me.query()).toMatchObject({ id: userId })
    vi.restoreAllMocks()
  })
})

it('browserStore tells of what another tab did to its key, and to all of them', () => {
  const target = new EventTarget()
  vi.stubGlobal('addEventListener', target.addEventListener.bind(target))
  vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target))
  let changes = 0
  const stop = browserStore({ storage: undefined }).onChange?.(() => {
    changes += 1
  })
  const happen = (key: string | null) => target.dispatchEvent(Object.assign(new Event('storage'), { key }))
  happen('tasklane.session')
  happen('another')
  happen(null)
  stop?.()
  happen('tasklane.session')
  expect(changes).toBe(2)
})
