import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient, type TasklaneClient } from './create-client.ts'
import { reasonOf } from './errors.ts'
import { accessTokenTtlSeconds, type Backend, createBackend } from './fixtures/backend.ts'
import { newAccount, password } from './fixtures/client.ts'
import { createPageSessions, createSessionProxy, sessionCookieName } from './next.ts'
import type { SessionStore } from './session.ts'
import { tabStore } from './tab-store.ts'

const origin = 'https://app.test'
const address = '203.0.113.7'

let database: Database
let backend: Backend
let browser: Browser

beforeAll(async () => {
  database = await createTestDatabase()
})
beforeEach(() => {
  backend = createBackend(database)
  browser = createBrowser()
})
afterAll(() => database.close())

/** A browser with its cookie, whose pages call the app. */
interface Browser {
  cookie: string | undefined
  setCookies: string[]
  /** Headers that its pages send beside the others. */
  headers: Record<string, string>
  page(store?: SessionStore): { client: TasklaneClient; store: SessionStore }
  request(path: string, init?: RequestInit): Promise<Response>
}

function options() {
  const fetch = (url: string, init: RequestInit) => backend.fetch(url, init) as Promise<Response>
  return { url: 'http://server.test', addressOf: () => address, fetch }
}

function createBrowser(): Browser {
  const proxy = createSessionProxy(options())
  const own: Browser = {
    cookie: undefined,
    setCookies: [],
    headers: { 'sec-fetch-site': 'same-origin' },
    request: async (path, init = {}) => {
      const headers = new Headers(init.headers)
      for (const [name, value] of Object.entries(own.headers)) headers.set(name, value)
      if (own.cookie !== undefined) headers.set('cookie', `theme=dark; ${own.cookie}`)
      const answer = await proxy(
        new Request(`${origin}${path}`, { ...init, headers, duplex: 'half' } as RequestInit),
      )
      for (const line of answer.headers.getSetCookie()) {
        own.setCookies.push(line)
        own.cookie = line.includes('Max-Age=0') ? undefined : line.split(';')[0]
      }
      return answer
    },
    page: (store = tabStore({ name: crypto.randomUUID() })) => {
      const fetch: typeof globalThis.fetch = (url, init) =>
        own.request(`${url}`.slice(origin.length), init as RequestInit)
      return { client: createClient({ url: origin, session: store, fetch: fetch as never }), store }
    },
  }
  return own
}

async function signedInPage() {
  const page = browser.page()
  const { email } = newAccount()
  const { user } = await page.client.auth.signUp.mutate({ email, password })
  return { ...page, email, user }
}

describe('the proxy of an app', () => {
  it.each(['signUp', 'logIn'] as const)(
    'keeps the refresh token of %s in a cookie that no script can read',
    async (how) => {
      const { client, store, email, user } = await signedInPage()
      if (how === 'logIn') await client.auth.logIn.mutate({ usernameOrEmail: email, password })
      const line = browser.setCookies.at(-1) ?? ''
      expect(line).toMatch(
        /^__Host-tasklane-session=[\w-]{36}\.\S+; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
      )
      const token = line.slice(line.indexOf('.') + 1, line.indexOf(';'))
      expect(token.length).toBeGreaterThan(20)
      const session = await store.get()
      expect(session).toMatchObject({ userId: user.id, refreshToken: expect.stringMatching(/^cookie\./) })
      expect(JSON.stringify(session)).not.toContain(token)
      expect(await client.auth.me.query()).toMatchObject({ id: user.id, createdAt: expect.any(Date) })
    },
  )

  it('refreshes with the cookie, once for all calls, and keeps the new token', async () => {
    const { client, user } = await signedInPage()
    const before = browser.cookie
    backend.advanceClock(accessTokenTtlSeconds + 60)
    const answers = await Promise.all([
      client.auth.me.query(),
      client.tasks.list.query(),
      client.auth.me.query(),
    ])
    expect(answers[0]).toMatchObject({ id: user.id })
    expect(backend.calls('auth.refresh')).toBe(1)
    expect(browser.cookie).not.toBe(before)
    expect(browser.cookie).toContain(user.id)
  })

  it('ends the session, and clears the cookie, when the refresh token is refused', async () => {
    const { client, store, email } = await signedInPage()
    await createClient({ url: 'http://server.test', fetch: backend.fetch }).auth.logIn.mutate({
      usernameOrEmail: email,
      password,
    })
    const { userId = '' } = (await store.get()) ?? {}
    browser.cookie = `${sessionCookieName}=${userId}.not-a-token`
    backend.advanceClock(accessTokenTtlSeconds + 60)
    const reason = await client.tasks.list.query().catch(reasonOf)
    expect(reason).toBe('TOKEN_EXPIRED')
    expect([browser.cookie, await store.get()]).toEqual([undefined, undefined])
  })

  it('does not go on for another user who has signed in since, nor end their session', async () => {
    const first = await signedInPage()
    const second = await signedInPage()
    const cookie = browser.cookie
    backend.advanceClock(accessTokenTtlSeconds + 60)
    expect(await first.client.auth.me.query().catch(reasonOf)).toBe('TOKEN_EXPIRED')
    expect(browser.cookie).toBe(cookie)
    expect(await second.client.auth.me.query()).toMatchObject({ id: second.user.id })
  })

  it.each(['logOut', 'logOutEverywhere'] as const)('clears the cookie with %s', async (how) => {
    const { client, store } = await signedInPage()
    await client.auth[how].mutate()
    expect([browser.cookie, await store.get()]).toEqual([undefined, undefined])
  })

  it.each(['logOut', 'logOutEverywhere', 'deleteAccount'] as const)(
    'ends the session on the server too with %s, though the access token is over',
    async (how) => {
      const { client, email } = await signedInPage()
      const other = createClient({ url: 'http://server.test', fetch: backend.fetch })
      await other.auth.logIn.mutate({ usernameOrEmail: email, password })
      const cookie = browser.cookie
      backend.advanceClock(accessTokenTtlSeconds + 60)
      await (how === 'deleteAccount'
        ? client.auth.deleteAccount.mutate({ currentPassword: password })
        : client.auth[how].mutate())
      expect([browser.cookie, backend.calls(`auth.${how}`)]).toEqual([undefined, 2])
      browser.cookie = cookie
      const { session } = await createPageSessions(options())(
        new Request(origin, { headers: { cookie: cookie ?? '' } }),
      )
      expect(session).toBeUndefined()
      if (how !== 'logOut') expect(await other.auth.me.query().catch(reasonOf)).toBeDefined()
    },
  )

  it('keeps the cookie of somebody else who has signed in since, when a page of the first one logs out', async () => {
    const first = await signedInPage()
    const second = await signedInPage()
    const cookie = browser.cookie
    await first.client.auth.logOut.mutate()
    expect(browser.cookie).toBe(cookie)
    backend.advanceClock(accessTokenTtlSeconds + 60)
    expect(await second.client.auth.me.query()).toMatchObject({ id: second.user.id })
  })

  it('answers that the server is away, in words that the client knows, and keeps the cookie', async () => {
    const { client, store } = await signedInPage()
    const cookie = browser.cookie
    backend.between = () => Promise.reject(new TypeError('fetch failed'))
    for (const call of [() => client.tasks.list.query(), () => client.auth.logOut.mutate()])
      await expect(call()).rejects.toMatchObject({ data: { httpStatus: 503, code: 'SERVICE_UNAVAILABLE' } })
    expect([browser.cookie, await store.get()]).toEqual([cookie, expect.anything()])
  })

  it('tells a page nothing of an answer that it does not know', async () => {
    const secret = 'a refresh token in another place'
    backend.between = async () =>
      Response.json({ result: { data: { json: { tokens: { refreshToken: secret } } } } })
    const answer = await browser.request('/trpc/auth.logIn', { method: 'POST', body: '{"json":{}}' })
    expect([answer.status, (await answer.text()).includes(secret)]).toEqual([503, false])
  })

  it.each(['auth.logIn', 'auth.logOut', 'auth.refresh'])('takes %s as a POST alone', async (path) => {
    const answer = await browser.request(`/trpc/${path}`)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    expect(backend.sent).toEqual([])
  })

  it('reads no more of a sign-in than it can be', async () => {
    let read = 0
    const body = new ReadableStream({
      pull: (controller) => {
        read += 1
        controller.enqueue(new Uint8Array(16 * 1024))
        if (read === 1000) controller.close()
      },
    })
    const answer = await browser.request('/trpc/auth.logIn', { method: 'POST', body })
    expect(answer.status).toBe(413)
    expect(read).toBeLessThan(20)
    expect(backend.sent).toEqual([])
  })

  it.each(['\u00a0', '"'])('takes no cookie whose name begins with %j', async (mark) => {
    const { user } = await signedInPage()
    const planted = `${mark}${sessionCookieName}=${user.id}.planted`
    const headers = { get: () => `${planted}; ${browser.cookie}` } as unknown as Headers
    const { session } = await createPageSessions(options())({
      url: origin,
      headers,
      signal: null,
    } as unknown as Request)
    expect(session).toMatchObject({ userId: user.id })
  })

  it('keeps the cookie when the server could not end the session', async () => {
    const { client } = await signedInPage()
    const cookie = browser.cookie
    backend.between = async () => new Response('bad gateway', { status: 502 })
    await expect(client.auth.logOut.mutate()).rejects.toThrow()
    expect(browser.cookie).toBe(cookie)
  })

  it('tells the server from where the call came, whatever the caller says, and hides the cookie', async () => {
    const { client } = await signedInPage()
    browser.headers['x-forwarded-for'] = '10.0.0.1'
    await client.tasks.list.query()
    const { headers, authorization } = backend.sent.at(-1) ?? {}
    expect(headers?.get('x-forwarded-for')).toBe(address)
    expect(headers?.get('cookie')).toBeNull()
    expect(authorization).toMatch(/^Bearer /)
  })

  it('streams changes as they come', async () => {
    const { client } = await signedInPage()
    await client.tasks.create.mutate({ title: 'First' })
    const titles: string[] = []
    for await (const { changes } of client.tasks.watch({ since: 0 })) {
      for (const change of changes) if (change.type === 'upsert') titles.push(change.task.title)
      if (titles.length === 2) break
      await client.tasks.create.mutate({ title: 'Second' })
    }
    expect(titles).toEqual(['First', 'Second'])
    await backend.streams.until(0)
  })

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another origin of the site', { 'sec-fetch-site': 'same-site' }],
    ['another origin, by a browser that says no site', { 'sec-fetch-site': '', origin: 'https://evil.test' }],
  ])('refuses pages of %s, and calls nobody', async (_who, headers) => {
    await signedInPage()
    browser.headers = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
    backend.sent.length = 0
    const answer = await browser.request('/trpc/auth.refresh', { method: 'POST', body: '{"json":{}}' })
    expect(answer.status).toBe(403)
    expect(backend.sent).toEqual([])
  })

  it.each(['auth.me,auth.logIn', 'auth.me%2Cauth.refresh'])(
    'gives no token to a batch: %s',
    async (paths) => {
      const answer = await browser.request(`/trpc/${paths}?batch=1`, { method: 'POST', body: '{}' })
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('Send it alone')])
      expect(backend.sent).toEqual([])
    },
  )
})

describe('a page that is rendered for somebody', () => {
  const ask = (cookie?: string) =>
    createPageSessions(options())(new Request(origin, { headers: cookie === undefined ? {} : { cookie } }))

  it('is given a session, and its answer the next cookie', async () => {
    const { user } = await signedInPage()
    const { session, setCookie, isUnavailable } = await ask(browser.cookie)
    expect(session).toMatchObject({ userId: user.id, refreshToken: expect.stringMatching(/^cookie\./) })
    expect(isUnavailable).toBe(false)
    browser.cookie = setCookie?.split(';')[0]
    const { client } = browser.page(tabStore({ name: crypto.randomUUID(), session }))
    expect(await client.auth.me.query()).toMatchObject({ id: user.id })
    backend.advanceClock(accessTokenTtlSeconds + 60)
    expect(await client.auth.me.query()).toMatchObject({ id: user.id })
  })

  it('of many uses up one refresh token, until its access token is nearly over', async () => {
    await signedInPage()
    const sessions = createPageSessions(options())
    const load = async () => {
      const asked = await sessions(new Request(origin, { headers: { cookie: browser.cookie ?? '' } }))
      if (asked.setCookie !== undefined) browser.cookie = asked.setCookie.split(';')[0]
      return asked.session?.accessToken
    }
    const [first, ...others] = [await load(), await load(), await load()]
    expect(new Set(others)).toEqual(new Set([first]))
    expect(backend.calls('auth.refresh')).toBe(1)
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + (accessTokenTtlSeconds - 59) * 1000)
    expect(await load()).not.toBe(first)
    expect(backend.calls('auth.refresh')).toBe(2)
    vi.restoreAllMocks()
  })

  it('is given the same again when its answer was lost: nobody is taken for a thief', async () => {
    const { client, user } = await signedInPage()
    const sessions = createPageSessions(options())
    const load = () => sessions(new Request(origin, { headers: { cookie: browser.cookie ?? '' } }))
    const lost = await load()
    backend.advanceClock(31)
    const again = await load()
    expect([again.session?.accessToken, again.setCookie]).toEqual([lost.session?.accessToken, lost.setCookie])
    browser.cookie = again.setCookie?.split(';')[0]
    backend.advanceClock(accessTokenTtlSeconds + 60)
    expect(await client.auth.me.query()).toMatchObject({ id: user.id })
  })

  it('is for nobody without a cookie, and asks nobody', async () => {
    expect(await ask('theme=dark')).toEqual({
      session: undefined,
      setCookie: undefined,
      isUnavailable: false,
    })
    expect(backend.sent).toEqual([])
  })

  it('is for nobody when the session has ended, and clears the cookie', async () => {
    const { user } = await signedInPage()
    const { session, setCookie } = await ask(`${sessionCookieName}=${user.id}.wrong`)
    expect([session, setCookie]).toEqual([undefined, expect.stringContaining('Max-Age=0')])
  })

  it.each([
    ['is away', async () => Promise.reject(new TypeError('fetch failed'))],
    [
      'breaks off',
      async () =>
        new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('terminated')) })),
    ],
    ['answers with a page of a proxy', async () => new Response('<html>', { status: 502 })],
  ])('keeps the cookie when the server %s', async (_what, between) => {
    await signedInPage()
    backend.between = between
    expect(await ask(browser.cookie)).toEqual({
      session: undefined,
      setCookie: undefined,
      isUnavailable: true,
    })
  })
})
