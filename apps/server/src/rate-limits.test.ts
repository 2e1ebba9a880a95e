import type { Tokens } from '@tasklane/api/contract'
import { type TestUser, testPassword, testSettings } from '@tasklane/api/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './app.ts'
import type { Env } from './env.ts'
import { trpcErrorOf } from './fixtures/answers.ts'
import { post } from './fixtures/refused.ts'
import { queryRows } from './fixtures/rows.ts'
import { createTestServer, type TestServer } from './testing.ts'

const rateLimits = { ...testSettings.rateLimits, logInPerMinute: 5, logInPerAddressPerMinute: 20 }
let server: TestServer

beforeAll(async () => {
  server = await createTestServer({ settings: { rateLimits } })
  await server.backend.signUp()
})

afterAll(() => server.close())

const reasonsIn = (body: unknown) => [body].flat().map((each) => trpcErrorOf(each).data.reason)
const count = (all: string[], one: string) => all.filter((each) => each === one).length

/** Wrong log-ins of one account in one request. */
function wrongLogIns(calls: number, usernameOrEmail = 'user-1@example.com') {
  const input = { json: { usernameOrEmail, password: 'wrong' } }
  return post(`${Array(calls).fill('auth.logIn').join(',')}?batch=1`, { ...Array(calls).fill(input) })
}

describe('a batch of 100 wrong log-ins', () => {
  it('has 5 passwords looked at, and is told when to come back', async () => {
    const res = await server.app.inject({ ...wrongLogIns(100), remoteAddress: '192.0.2.1' })
    const reasons = reasonsIn(res.json())
    expect(count(reasons, 'CREDENTIALS_INVALID')).toBe(5)
    expect(count(reasons, 'RATE_LIMITED')).toBe(95)
    expect(res.statusCode).toBe(207)
    const seconds = Number(res.headers['retry-after'])
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(60)
  })

  it('leaves a row for each of the two limits that it met, not one for each refused call', async () => {
    const rows = await queryRows(
      server.backend.database,
      `select failure_reason, count(*)::int as rows from auth_events
       where event_type = 'log_in' and host(ip_address) = '192.0.2.1' group by 1 order by 1`,
    )
    expect(rows).toEqual([
      { failure_reason: 'RATE_LIMITED', rows: 2 },
      { failure_reason: 'WRONG_PASSWORD', rows: 5 },
    ])
  })

  it('is 429 when it comes again', async () => {
    const res = await server.app.inject({ ...wrongLogIns(1), remoteAddress: '192.0.2.1' })
    expect(res.statusCode).toBe(429)
    expect(Number(res.headers['retry-after'])).toBeGreaterThan(0)
    const { data, message } = trpcErrorOf(res.json<unknown[]>()[0])
    expect(message).toBe('Too many attempts. Try again later')
    expect(data.retryAfterSeconds).toBe(Number(res.headers['retry-after']))
  })

  it('leaves callers from elsewhere alone', async () => {
    const res = await server.app.inject({ ...wrongLogIns(1), remoteAddress: '192.0.2.2' })
    expect(reasonsIn(res.json())).toEqual(['CREDENTIALS_INVALID'])
  })

  it('has 20 looked at when each is for another account', async () => {
    const inputs = Array.from({ length: 100 }, (_, index) => ({
      json: { usernameOrEmail: `nobody-${index}`, password: 'wrong' },
    }))
    const path = `${Array(100).fill('auth.logIn').join(',')}?batch=1`
    const res = await server.app.inject({ ...post(path, { ...inputs }), remoteAddress: '192.0.2.3' })
    expect(count(reasonsIn(res.json()), 'CREDENTIALS_INVALID')).toBe(20)
  })
})

it('a call by REST is told what is left, whether it succeeds or not', async () => {
  const logIn = (password: string) =>
    server.app.inject({
      ...{ method: 'POST', url: '/api/auth/login', remoteAddress: '192.0.2.4' },
      payload: { email: 'user-1@example.com', password },
    })
  const answers = [await logIn(testPassword), await logIn('wrong')]
  expect(answers.map(({ statusCode, headers }) => [statusCode, headers['ratelimit-remaining']])).toEqual([
    [200, '4'],
    [401, '3'],
  ])
})

describe('over HTTP', () => {
  const limits = { ...rateLimits, signUpPerHour: 10, refreshPerMinute: 30 }
  let http: TestServer
  let origin: string
  let user: TestUser
  let email: string
  beforeAll(async () => {
    http = await createTestServer({ settings: { rateLimits: limits } })
    origin = await http.app.listen({ host: '127.0.0.1', port: 0 })
    user = await http.backend.signUp()
    email = user.email
  })
  afterAll(() => http.close())

  const send = (path: string, body: object) =>
    fetch(`${origin}/trpc/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const headersOf = (res: Response) =>
    Object.fromEntries([...res.headers].filter(([name]) => /^(ratelimit|retry-after)/.test(name)))

  it('two batches of 100 log-ins are 5 attempts, and the rest is told when to come back', async () => {
    const input = { json: { usernameOrEmail: email, password: 'wrong' } }
    const path = `${Array(100).fill('auth.logIn').join(',')}?batch=1`
    const both = [
      await send(path, { ...Array(100).fill(input) }),
      await send(path, { ...Array(100).fill(input) }),
    ]
    const reasons = reasonsIn((await Promise.all(both.map((res) => res.json()))).flat())
    expect(count(reasons, 'CREDENTIALS_INVALID')).toBe(5)
    expect(count(reasons, 'RATE_LIMITED')).toBe(195)
    expect(both.map(({ status }) => status)).toEqual([207, 429])
    for (const res of both) {
      const seconds = Number(res.headers.get('retry-after'))
      expect(seconds).toBeGreaterThan(0)
      expect(seconds).toBeLessThanOrEqual(60)
      expect(res.headers.get('ratelimit')).toMatch(/^"log-in-per-(address-per-)?minute";r=0;t=\d+$/)
      expect(res.headers.get('ratelimit-policy')).toMatch(
        /^"log-in-per-(minute";q=5|address-per-minute";q=20);w=60$/,
      )
      expect(res.headers.get('ratelimit-remaining')).toBe('0')
      expect(Number(res.headers.get('ratelimit-reset'))).toBeGreaterThan(0)
    }
  })

  it('an allowed call is told what is left', async () => {
    const account = { email: 'limits@example.com', password: testPassword }
    const first = await send('auth.signUp', { json: account })
    expect([first.status, headersOf(first)]).toEqual([
      200,
      {
        ratelimit: '"sign-up-per-hour";r=9;t=3600',
        'ratelimit-policy': '"sign-up-per-hour";q=10;w=3600',
        'ratelimit-limit': '10',
        'ratelimit-remaining': '9',
        'ratelimit-reset': '3600',
      },
    ])
  })

  it('a refused call that counts is told what is left, also in a batch', async () => {
    const again = { json: { email: 'limits@example.com', password: testPassword } }
    const refreshed = { json: { refreshToken: user.signedIn.refreshToken } }
    const res = await send('auth.signUp,auth.signUp,auth.refresh?batch=1', {
      0: again,
      1: again,
      2: refreshed,
    })
    expect(res.status).toBe(207)
    expect(headersOf(res)).toMatchObject({
      ratelimit: expect.stringMatching(/^"sign-up-per-hour";r=7;t=3(600|5\d\d)$/),
      'ratelimit-remaining': '7',
    })
    expect(res.headers.get('retry-after')).toBeNull()
  })

  it('a refresh is told what is left of it', async () => {
    let { refreshToken } = (await http.backend.signUp()).signedIn
    for (const remaining of ['29', '28']) {
      const res = await send('auth.refresh', { json: { refreshToken } })
      expect(headersOf(res)).toMatchObject({
        'ratelimit-policy': '"refresh-per-minute";q=30;w=60',
        'ratelimit-remaining': remaining,
      })
      const answer = (await res.json()) as { result: { data: { json: Tokens } } }
      refreshToken = answer.result.data.json.refreshToken
    }
  })

  it('a call without a limit is told nothing', async () => {
    const headers = { authorization: `Bearer ${user.signedIn.accessToken}` }
    const res = await fetch(`${origin}/trpc/auth.me`, { headers })
    expect([res.status, headersOf(res)]).toEqual([200, {}])
    expect(headersOf(await fetch(`${origin}/health`))).toEqual({})
  })

  it('a limit that is turned off is not told of', async () => {
    const { dependencies } = server.backend
    const app = await buildApp({ dependencies, isReady: async () => true })
    const res = await app.inject(
      post('auth.signUp', { json: { email: 'off@example.com', password: testPassword } }),
    )
    expect(res.statusCode).toBe(200)
    expect(Object.keys(res.headers).filter((name) => name.startsWith('ratelimit'))).toEqual([])
  })
})

describe('X-Forwarded-For', () => {
  const open: { close(): Promise<unknown> }[] = []
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close()
  })

  /** The last status of six log-ins, each of which names another first caller. */
  async function sixth(
    { trustProxy, from }: { trustProxy?: Env['trustProxy']; from: string },
    forwarded: (index: number) => string,
  ): Promise<number> {
    const { dependencies } = server.backend
    const isReady = async () => true
    const app = await buildApp({ dependencies, isReady, ...(trustProxy !== undefined && { trustProxy }) })
    open.push(app)
    let status = 0
    for (let index = 1; index <= 6; index++) {
      const headers = { 'x-forwarded-for': forwarded(index), 'content-type': 'application/json' }
      const res = await app.inject({ ...wrongLogIns(1), headers, remoteAddress: from })
      status = res.statusCode
    }
    return status
  }

  it('does not change who is counted, unless a proxy is trusted', async () => {
    expect(await sixth({ from: '198.51.100.1' }, (index) => `203.0.113.${index}`)).toBe(429)
  })

  it('says who is counted, behind one proxy', async () => {
    const behind = { trustProxy: 1, from: '198.51.100.2' }
    expect(await sixth(behind, (index) => `203.0.113.${index}`)).toBe(401)
    expect(await sixth(behind, () => '203.0.113.77')).toBe(429)
  })

  it('is believed of no more hops than are trusted', async () => {
    const behind = { trustProxy: 1, from: '198.51.100.3' }
    expect(await sixth(behind, (index) => `192.0.2.${100 + index}, 203.0.113.88`)).toBe(429)
  })

  it('is believed of trusted addresses only', async () => {
    const trustProxy = ['198.51.100.4', '10.0.0.0/8']
    const many = (index: number) => `203.0.113.${150 + index}`
    expect(await sixth({ trustProxy, from: '198.51.100.4' }, many)).toBe(401)
    expect(await sixth({ trustProxy, from: '198.51.100.5' }, many)).toBe(429)
  })

  it.each([
    ['unknown', '198.51.100.6'],
    ['not an address', '198.51.100.7'],
    ['"[2001:db8::1]:4711"', '198.51.100.8'],
    ['1.2.3.4:5678', '198.51.100.9'],
    ["1.2.3.4'; --", '198.51.100.10'],
    ['999.1.1.1', '198.51.100.11'],
  ])('that names %s counts the proxy itself', async (junk, from) => {
    expect(await sixth({ trustProxy: 1, from }, (index) => `${junk}${index}`)).toBe(429)
  })
})

describe('the address that is stored', () => {
  it.each([
    ['192.0.2.50', '192.0.2.50'],
    ['::ffff:192.0.2.51', '192.0.2.51'],
    ['::FFFF:192.0.2.52', '192.0.2.52'],
    ['2001:db8::53', '2001:db8::53'],
    ['fe80::54%eth0', 'fe80::54'],
  ])('of %s is %s', async (remoteAddress, stored) => {
    await server.app.inject({ ...wrongLogIns(1, 'somebody'), remoteAddress })
    const rows = await queryRows(
      server.backend.database,
      'select host(ip_address) as address, masklen(ip_address) as bits from auth_events order by id desc limit 1',
    )
    expect(rows).toEqual([{ address: stored, bits: stored.includes(':') ? 128 : 32 }])
  })
})
