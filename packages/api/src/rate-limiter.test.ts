import { tables } from '@tasklane/db'
import { and, eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressKey, createRateLimiter } from './rate-limiter.ts'
import { createTestBackend, type TestBackend, testPassword, testSettings } from './testing.ts'

const { authEvents } = tables

const reasonsOf = async (calls: Promise<unknown>[]) => {
  const settled = await Promise.allSettled(calls)
  const counts: Record<string, number> = {}
  for (const result of settled) {
    const reason = result.status === 'fulfilled' ? 'ok' : result.reason.data.reason
    counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}

describe('the limits, by call', () => {
  let backend: TestBackend
  beforeAll(async () => {
    backend = await createTestBackend({
      rateLimits: {
        ...testSettings.rateLimits,
        logInPerMinute: 5,
        logInPerAddressPerMinute: 20,
        signUpPerHour: 3,
        refreshPerMinute: 4,
      },
    })
  })
  afterAll(() => backend.close())

  const wrong = (usernameOrEmail: string) => ({ usernameOrEmail, password: 'Wrong-Horse-1' })

  it('let five log-ins a minute through of one batch of a hundred, and tell when to come back', async () => {
    const client = backend.client(undefined, '192.0.2.10')
    const calls = Array.from({ length: 100 }, () => client.auth.logIn.mutate(wrong('someone@example.com')))
    const [last] = await Promise.allSettled(calls.slice(-1))
    expect(await reasonsOf(calls)).toEqual({ CREDENTIALS_INVALID: 5, RATE_LIMITED: 95 })
    expect(last).toMatchObject({
      reason: {
        message: 'Too many attempts. Try again later',
        data: { httpStatus: 429, code: 'TOO_MANY_REQUESTS' },
      },
    })
    const { retryAfterSeconds } = (last as PromiseRejectedResult).reason.data
    expect(retryAfterSeconds).toBeGreaterThan(0)
    expect(retryAfterSeconds).toBeLessThanOrEqual(60)
  })

  it('count an address apart from another, and an identifier apart from another', async () => {
    const elsewhere = backend.client(undefined, '192.0.2.11')
    expect(await reasonsOf([elsewhere.auth.logIn.mutate(wrong('someone@example.com'))])).toEqual({
      CREDENTIALS_INVALID: 1,
    })
    const calls = Array.from({ length: 30 }, (_, index) =>
      elsewhere.auth.logIn.mutate(wrong(`n${index}@example.com`)),
    )
    expect(await reasonsOf(calls)).toEqual({ CREDENTIALS_INVALID: 19, RATE_LIMITED: 11 })
  })

  it('count the addresses of one IPv6 network together', async () => {
    const calls = Array.from({ length: 8 }, (_, index) =>
      backend.client(undefined, `2001:db8:1:2::${index + 1}`).auth.logIn.mutate(wrong('six@example.com')),
    )
    expect(await reasonsOf(calls)).toEqual({ CREDENTIALS_INVALID: 5, RATE_LIMITED: 3 })
  })

  it('let three sign-ups an hour through', async () => {
    const client = backend.client(undefined, '192.0.2.12')
    const calls = Array.from({ length: 5 }, (_, index) =>
      client.auth.signUp.mutate({ email: `limit-${index}@example.com`, password: testPassword }),
    )
    expect(await reasonsOf(calls)).toEqual({ ok: 3, RATE_LIMITED: 2 })
  })

  it('let four refreshes a minute through, and count no replay of the token before', async () => {
    let { refreshToken } = (await backend.signUp()).signedIn
    const refresh = (token: string) => backend.client().auth.refresh.mutate({ refreshToken: token })
    for (let refreshes = 0; refreshes < 4; refreshes++) {
      const parent = refreshToken
      ;({ refreshToken } = await refresh(parent))
      const replays = Array.from({ length: 10 }, () => refresh(parent))
      expect(await reasonsOf(replays)).toEqual({ ok: 10 })
    }
    expect(await reasonsOf([refresh(refreshToken)])).toEqual({ RATE_LIMITED: 1 })
  })

  it('write one event for each key and window of refusals, with how many there were', async () => {
    const refused = () =>
      backend.database.db
        .select({ count: authEvents.count })
        .from(authEvents)
        .where(and(eq(authEvents.failureReason, 'RATE_LIMITED'), eq(authEvents.ipAddress, '192.0.2.10')))
        .orderBy(authEvents.count)
    await backend.dependencies.background.settled()
    expect(await refused()).toEqual([{ count: 15 }, { count: 80 }])
  })
})

it('turns a limit off with 0', async () => {
  const limiter = createRateLimiter(testSettings.rateLimits)
  const attempts = Array.from({ length: 1000 }, () => limiter.count({ limit: 'logInPerMinute', key: 'x' }))
  expect(new Set(await Promise.all(attempts))).toEqual(new Set([undefined]))
})

it.each([
  ['an IPv4 address, also when it is mapped into IPv6', ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201']],
  ['the addresses of one /64', ['2001:db8:1:2:3:4:5:6', '2001:DB8:1:2::9', '2001:0db8:0001:0002::']],
  ['a short spelling and a long one', ['2001::4:5:6:7', '2001:0:0:0:4:5:6:7']],
])('counts %s as one', (_what, addresses) => {
  expect(new Set(addresses.map(addressKey)).size).toBe(1)
})

it('counts other networks and other addresses apart', () => {
  const apart = [
    '192.0.2.1',
    '192.0.2.2',
    '2001:db8:1:2::1',
    '2001:db8:1:3::1',
    '2001::4:5:6:7:8',
    '::1',
    undefined,
  ]
  expect(new Set(apart.map(addressKey)).size).toBe(apart.length)
})
