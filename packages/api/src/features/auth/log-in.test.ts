import { hash as bcryptHash } from '@node-rs/bcrypt'
import { tables } from '@tasklane/db'
import { and, eq, inArray, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'

const { authEvents, users } = tables
const wrongPassword = 'Wrong-Horse-1'
const home = '192.0.2.1'
const elsewhere = '198.51.100.7'
const refused = { message: 'Wrong username, email or password', data: { reason: 'CREDENTIALS_INVALID' } }

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

const logIn = (email: string, { password = user.password, from = home } = {}) =>
  backend.client(undefined, from).auth.logIn.mutate({ usernameOrEmail: email, password })

const fail = (from: string) => expect(logIn(user.email, { password: wrongPassword, from })).rejects

const setUser = (values: Partial<typeof users.$inferInsert>) =>
  backend.database.db.update(users).set(values).where(eq(users.email, user.email))

async function stored() {
  const [row] = await backend.database.db.select().from(users).where(eq(users.email, user.email))
  return row
}

async function countEvents(eventType: string): Promise<number> {
  const own = and(eq(authEvents.userId, user.signedIn.user.id), eq(authEvents.eventType, eventType))
  return await backend.database.db.$count(authEvents, own)
}

describe('a hundred failures in a row on one account', () => {
  beforeEach(() => setUser({ failedLogIns: 99 }))

  it('keep strangers out, the right password or not, and let the owner in from where they signed in', async () => {
    await fail(elsewhere).toMatchObject(refused)
    await expect(logIn(user.email, { from: elsewhere })).rejects.toMatchObject(refused)
    expect(await logIn(user.email, { from: home })).toMatchObject({ user: { email: user.email } })
    await expect(logIn(user.email, { from: elsewhere })).rejects.toMatchObject(refused)
    expect(await countEvents('account_lock')).toBe(1)
  })

  it('count from anywhere', async () => {
    await fail(home).toMatchObject(refused)
    await expect(logIn(user.email, { from: elsewhere })).rejects.toMatchObject(refused)
  })

  it('are forgotten after a day', async () => {
    await fail(elsewhere).toMatchObject(refused)
    backend.advanceSeconds(24 * 3600 - 60)
    await expect(logIn(user.email, { from: elsewhere })).rejects.toMatchObject(refused)
    backend.advanceSeconds(61)
    expect(await logIn(user.email, { from: elsewhere })).toMatchObject({ user: { email: user.email } })
  })

  it('start anew with each log-in that succeeds', async () => {
    await logIn(user.email)
    expect(await stored()).toMatchObject({ failedLogIns: 0, lockedUntil: null })
    await fail(elsewhere).toMatchObject(refused)
    expect(await logIn(user.email, { from: elsewhere })).toMatchObject({ user: { email: user.email } })
  })

  it('know the whole IPv6 network of an address that signed in before', async () => {
    await logIn(user.email, { from: '2001:db8:1:2::1' })
    await setUser({ failedLogIns: 99 })
    await fail(elsewhere).toMatchObject(refused)
    expect(await logIn(user.email, { from: '2001:db8:1:2:3::9' })).toMatchObject({ tokenType: 'Bearer' })
    await expect(logIn(user.email, { from: '2001:db8:1:3::1' })).rejects.toMatchObject(refused)
  })

  it('do not take a failure from an address for a log-in', async () => {
    await fail(elsewhere).toMatchObject(refused)
    expect(await stored()).toMatchObject({ lockedUntil: expect.any(Date) })
    await fail(elsewhere).toMatchObject(refused)
    await expect(logIn(user.email, { from: elsewhere })).rejects.toMatchObject(refused)
  })

  it('make one lock of twenty failures at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => fail(elsewhere).toMatchObject(refused)))
    expect(await countEvents('account_lock')).toBe(1)
    expect(await countEvents('log_in')).toBe(20)
  })
})

describe('what a failed log-in tells', () => {
  const samples = 200
  const reasonNames = ['UNKNOWN_USER', 'WRONG_PASSWORD', 'INACTIVE', 'LOCKED']

  /** Those who cannot log in, each for another reason. */
  const cases: Record<string, () => Promise<unknown>> = {
    'unknown user': () => logIn('nobody@example.com', { from: elsewhere }),
    'wrong password': () => logIn('wrong@example.com', { password: wrongPassword, from: elsewhere }),
    'inactive user': () => logIn('inactive@example.com', { from: elsewhere }),
    'locked user': () => logIn('locked@example.com', { from: elsewhere }),
  }

  beforeAll(async () => {
    const lockedUntil = new Date(Date.now() + 1000 * 24 * 3600 * 1000)
    const changes = {
      'wrong@example.com': {},
      'inactive@example.com': { isActive: false },
      'locked@example.com': { lockedUntil },
    }
    for (const [email, values] of Object.entries(changes)) {
      const { password } = user ?? (await backend.signUp())
      await backend.client().auth.signUp.mutate({ email, password })
      await backend.database.db
        .update(users)
        .set({ isActive: true, ...values })
        .where(eq(users.email, email))
    }
  })

  it('is the same for every kind, in each byte and by the median time within ten percent', async () => {
    const answers = new Set<string>()
    const milliseconds = new Map(Object.keys(cases).map((name) => [name, [] as number[]]))

    async function sample(name: string, attempt: () => Promise<unknown>): Promise<void> {
      const startedAt = performance.now()
      const error = await attempt().then(
        () => undefined,
        (thrown: { message: string; data: unknown }) => thrown,
      )
      milliseconds.get(name)?.push(performance.now() - startedAt)
      answers.add(JSON.stringify([error?.message, error?.data]))
    }

    /** Every sample counts. On a busy machine it takes more of them to tell ten percent apart. */
    async function ratioOfMedians(): Promise<number> {
      for (let round = 0; round < samples; round++) {
        // Before a hundred failures lock the others, too.
        if (round % 50 === 0) await backend.database.db.update(users).set({ failedLogIns: 0 })
        // In turn, so that a busy machine is busy for all of them.
        for (const [name, attempt] of Object.entries(cases)) await sample(name, attempt)
      }
      const medians = [...milliseconds.values()].map(median)
      return Math.max(...medians) / Math.min(...medians)
    }

    let ratio = await ratioOfMedians()
    for (let more = 0; more < 2 && ratio >= 1.1; more++) ratio = await ratioOfMedians()
    expect(answers.size).toBe(1)
    expect(ratio).toBeLessThan(1.1)
    const reasons = await backend.database.db
      .select({ reason: authEvents.failureReason, count: sql<number>`count(*)::int` })
      .from(authEvents)
      .where(and(eq(authEvents.eventType, 'log_in'), inArray(authEvents.failureReason, reasonNames)))
      .groupBy(authEvents.failureReason)
    expect(reasons).toHaveLength(reasonNames.length)
    for (const { count } of reasons) expect(count).toBeGreaterThanOrEqual(samples)
  }, 120_000)

  it('costs the same statements for every kind', async () => {
    const counts = new Set<number>()
    for (const attempt of Object.values(cases)) {
      backend.statements.length = 0
      await attempt().catch(() => {})
      counts.add(backend.statements.length)
    }
    expect(counts.size).toBe(1)
  })
})

function median(values: number[]): number {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}

describe('a password that changes while it is checked', () => {
  it('lets nobody in with the one before', async () => {
    // Slow enough for the change to come in between.
    await setUser({ passwordHash: await bcryptHash(user.password, { cost: 12 }) })
    const verifying = logIn(user.email)
    const waiting = expect(verifying).rejects.toMatchObject(refused)
    await expect.poll(() => backend.dependencies.hasher.load().inFlight, { interval: 1 }).toBeGreaterThan(0)
    await setUser({ passwordHash: 'another' })
    await waiting
  })
})

describe('a hash of an older backend', () => {
  it('is replaced by argon2id at the first log-in, and the password stays good', async () => {
    const bcrypt = await bcryptHash(user.password, { cost: 4 })
    await setUser({ passwordHash: bcrypt })
    const unwanted = logIn(user.email, { password: wrongPassword })
    await expect(unwanted).rejects.toMatchObject(refused)
    expect(await stored()).toMatchObject({ passwordHash: bcrypt })
    await logIn(user.email)
    expect(await stored()).toMatchObject({ passwordHash: expect.stringMatching(/^\$argon2id\$/) })
    expect(await logIn(user.email)).toMatchObject({ user: { email: user.email } })
  })
})
