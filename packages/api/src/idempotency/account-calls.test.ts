import { randomUUID } from 'node:crypto'
import { tables } from '@tasklane/db'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createCaller } from '../app-router.ts'
import { createContext, type Dependencies } from '../context.ts'
import { createRateLimiter } from '../rate-limiter.ts'
import { createTestBackend, type TestBackend, testPassword, testSettings } from '../testing.ts'
import { type KeyedUser, signUpKeyed } from './fixtures/keyed-callers.ts'

let backend: TestBackend
let admin: KeyedUser
let user: KeyedUser
let other: KeyedUser
let key: string

const { authEvents, idempotencyKeys, users } = tables
const newPassword = 'Another-Horse-2'
const reused = { reason: 'IDEMPOTENCY_KEY_REUSED', httpStatus: 422 }
const db = () => backend.database.db

beforeAll(async () => {
  backend = await createTestBackend()
  admin = await signUpKeyed(backend)
  await db().update(users).set({ role: 'admin' }).where(eq(users.id, admin.id))
})
beforeEach(async () => {
  user = await signUpKeyed(backend)
  other = await signUpKeyed(backend)
  key = randomUUID()
})
afterAll(() => backend.close())

/** Another session of the user, and its calls. */
async function secondDevice(password = testPassword) {
  const signedIn = await backend.client().auth.logIn.mutate({ usernameOrEmail: user.email, password })
  const authorization = [`Bearer ${signedIn.accessToken}`]
  return (idempotencyKey?: string) =>
    createCaller(createContext(backend.dependencies, { authorization, idempotencyKey }))
}

/** What became of the users: the events, the keys, and the mails. */
async function stateOf(...who: KeyedUser[]) {
  await backend.dependencies.background.settled()
  const counted = who.map(async ({ id }) => [
    await db().$count(authEvents, eq(authEvents.userId, id)),
    await db().$count(idempotencyKeys, eq(idempotencyKeys.userId, id)),
  ])
  return { counted: await Promise.all(counted), mails: backend.mails.length }
}

interface AccountCall {
  /** Calls, as `user` or `admin`. */
  call: (key?: string, dependencies?: Dependencies) => Promise<unknown>
  mails?: number
}

const changePassword = { currentPassword: testPassword, newPassword }

const calls: Record<string, AccountCall> = {
  'auth.updateProfile': { call: (...as) => user.caller(...as).auth.updateProfile({ name: 'Ada' }) },
  'auth.changePassword': {
    call: (...as) => user.caller(...as).auth.changePassword(changePassword),
    mails: 1,
  },
  'auth.changeEmail': {
    call: (...as) => {
      const input = { email: `new-${user.email}`, currentPassword: testPassword }
      return user.caller(...as).auth.changeEmail(input)
    },
    mails: 1,
  },
  'auth.requestEmailVerification': {
    call: (...as) => user.caller(...as).auth.requestEmailVerification(),
    mails: 1,
  },
  'users.deactivate': { call: (...as) => admin.caller(...as).users.deactivate({ id: user.id }) },
}

describe.each(Object.entries(calls))('%s under a key', (_procedure, { call, mails = 0 }) => {
  it('is done once, mails once, and answers the same again', async () => {
    const before = await stateOf(user, admin)
    const answer = await call(key)
    const after = await stateOf(user, admin)
    expect(after.mails).toBe(before.mails + mails)
    expect(after.counted[0]?.[0]).toBe(Number(before.counted[0]?.[0]) + 1)
    for (let again = 0; again < 2; again++) expect(await call(key)).toEqual(answer)
    expect(await stateOf(user, admin)).toEqual(after)
  })

  it('that comes four times at once is done once, and each is answered the same', async () => {
    const before = await stateOf(user)
    const answers = await Promise.all(Array.from({ length: 4 }, () => call(key)))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    const after = await stateOf(user)
    expect(after.counted[0]?.[0]).toBe(Number(before.counted[0]?.[0]) + 1)
    expect(after.mails).toBe(before.mails + mails)
  })

  it('does nothing when its answer cannot be kept: no row is written, no mail leaves, nobody is refused', async () => {
    const device = await secondDevice()
    const before = await stateOf(user, admin)
    const account = await db().select().from(users).where(eq(users.id, user.id))
    await db().execute(sql`alter table idempotency_keys add constraint none_kept check (false) not valid`)
    onTestFinished(async () => {
      await db().execute(sql`alter table idempotency_keys drop constraint none_kept`)
    })
    await expect(call(key)).rejects.toThrow()
    expect(await stateOf(user, admin)).toEqual(before)
    expect(await db().select().from(users).where(eq(users.id, user.id))).toEqual(account)
    for (const caller of [user.caller(), device()])
      expect(await caller.auth.me()).toMatchObject({ id: user.id })
  })
})

/** The database, but for its transactions. */
function withTransaction(transaction: Dependencies['db']['transaction']): Dependencies['db'] {
  return new Proxy(db(), {
    get: (target, name) => (name === 'transaction' ? transaction : Reflect.get(target, name)),
  })
}

describe.each(Object.entries(calls))('%s whose commit is not answered', (procedure, { call, mails = 0 }) => {
  it('is done, as it was, with all that belongs to it', async () => {
    const device = await secondDevice()
    const before = await stateOf(user)
    const lost = withTransaction(async (work) => {
      await db().transaction(work)
      throw new Error('the connection was lost')
    })
    const answer = await call(key, { ...backend.dependencies, db: lost })
    expect(await call(key)).toEqual(answer)
    const after = await stateOf(user)
    expect([after.counted[0]?.[0], after.mails]).toEqual([
      Number(before.counted[0]?.[0]) + 1,
      before.mails + mails,
    ])
    const isEnded = procedure === 'auth.changePassword' || procedure === 'users.deactivate'
    const reason = await device()
      .auth.me()
      .then(
        () => undefined,
        (error) => error.reason,
      )
    expect(reason).toBe(isEnded ? 'TOKEN_INVALID' : undefined)
  })

  it('refuses the credentials that it may have ended, when the database is away then', async () => {
    const device = await secondDevice()
    const gone = withTransaction(async (work) => {
      await db().transaction(work)
      await db().execute(sql`alter table idempotency_keys rename to out_of_reach`)
      throw new Error('the connection was lost')
    })
    await expect(call(key, { ...backend.dependencies, db: gone })).rejects.toThrow()
    await db().execute(sql`alter table out_of_reach rename to idempotency_keys`)
    const isEnded = procedure === 'auth.changePassword' || procedure === 'users.deactivate'
    const reason = await device()
      .auth.me()
      .then(
        () => undefined,
        (error) => error.reason,
      )
    expect(reason).toBe(isEnded ? 'TOKEN_INVALID' : undefined)
  })
})

it('that was taken back is in no log', async () => {
  await db().execute(sql`alter table idempotency_keys add constraint none_kept check (false) not valid`)
  onTestFinished(async () => {
    await db().execute(sql`alter table idempotency_keys drop constraint none_kept`)
  })
  backend.log.length = 0
  const deactivate = () => admin.caller(key).users.deactivate({ id: user.id })
  await expect(deactivate()).rejects.toThrow()
  expect(backend.log.filter(({ message }) => message.includes('administrator'))).toEqual([])
  await db().execute(sql`alter table idempotency_keys drop constraint none_kept`)
  await deactivate()
  expect(backend.log.filter(({ message }) => message.includes('administrator'))).toHaveLength(1)
  await db().execute(sql`alter table idempotency_keys add constraint none_kept check (true)`)
})

it('comes four times at once where two are allowed: each is answered, and one is counted', async () => {
  const { rateLimits } = testSettings
  const limiter = createRateLimiter({ ...rateLimits, mailPerHour: 2 })
  const ask = (under: string) =>
    user.caller(under, { ...backend.dependencies, limiter }).auth.requestEmailVerification()
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask(key)))
  for (const answer of answers) expect(answer).toEqual(answers[0])
  await ask(randomUUID())
  await expect(ask(randomUUID())).rejects.toMatchObject({ reason: 'RATE_LIMITED' })
})

describe('what holds a thread holds no connection', () => {
  it.each(['auth.changePassword', 'auth.changeEmail'])('%s', async (procedure) => {
    const order: string[] = []
    const { hasher } = backend.dependencies
    const inOrder =
      <Args extends unknown[], Result>(name: string, work: (...args: Args) => Result) =>
      (...args: Args) => {
        order.push(name)
        return work(...args)
      }
    await calls[procedure]?.call(key, {
      ...backend.dependencies,
      db: withTransaction((work) => inOrder('transaction', () => db().transaction(work))()),
      hasher: {
        ...hasher,
        verify: inOrder('verify', hasher.verify),
        hash: inOrder('hash', hasher.hash),
      },
    })
    const hash = procedure === 'auth.changePassword' ? ['hash'] : []
    expect(order).toEqual(['verify', ...hash, 'transaction'])
  })
})

describe('a change of the password under a key', () => {
  it('ends the other sessions at once, once it is done', async () => {
    const device = await secondDevice()
    await calls['auth.changePassword']?.call(key)
    await expect(device().auth.me()).rejects.toMatchObject({ reason: 'TOKEN_INVALID' })
    expect(await user.caller().auth.me()).toMatchObject({ id: user.id })
  })

  it('with a wrong password is an event, keeps nothing, and leaves the key', async () => {
    const before = await stateOf(user)
    const wrong = user
      .caller(key)
      .auth.changePassword({ ...changePassword, currentPassword: 'Wrong-Horse-1' })
    await expect(wrong).rejects.toMatchObject({ reason: 'PASSWORD_WRONG' })
    const [events, keys] = before.counted[0] ?? []
    expect((await stateOf(user)).counted).toEqual([[Number(events) + 1, keys]])
    expect(await user.caller(key).auth.changePassword(changePassword)).toMatchObject({ sessions: 0 })
  })

  it('cannot be asked without end whether a password was the one', async () => {
    const { rateLimits } = testSettings
    const limiter = createRateLimiter({ ...rateLimits, logInPerMinute: 3 })
    const guess = (currentPassword: string) =>
      user
        .caller(key, { ...backend.dependencies, limiter })
        .auth.changePassword({ ...changePassword, currentPassword })
    await guess(testPassword)
    for (const wrong of ['Wrong-Horse-1', 'Wrong-Horse-2'])
      await expect(guess(wrong)).rejects.toMatchObject(reused)
    for (const late of ['Wrong-Horse-3', testPassword])
      await expect(guess(late)).rejects.toMatchObject({ reason: 'RATE_LIMITED' })
  })

  it('is another one from another session, whose sessions are others', async () => {
    await calls['auth.changePassword']?.call(key)
    const device = await secondDevice(newPassword)
    await expect(device(key).auth.changePassword(changePassword)).rejects.toMatchObject(reused)
  })
})

describe('a change of the profile under a key', () => {
  const username = () => `ada-${user.id.slice(-12)}`

  it('that is refused is counted as ever, and keeps nothing', async () => {
    await other.caller().auth.updateProfile({ username: username() })
    const before = await stateOf(user)
    for (let times = 0; times < 3; times++)
      await expect(user.caller(key).auth.updateProfile({ username: username() })).rejects.toMatchObject({
        reason: 'USERNAME_TAKEN',
      })
    const [events, keys] = before.counted[0] ?? []
    expect((await stateOf(user)).counted).toEqual([[Number(events) + 1, keys]])
    const [refused] = await db()
      .select({ count: authEvents.count })
      .from(authEvents)
      .where(sql`${authEvents.userId} = ${user.id} and ${authEvents.failureReason} = 'USERNAME_TAKEN'`)
    expect(refused).toEqual({ count: 3 })
  })
})

describe('a log-out under a key', () => {
  it('ends the session, whose repeat is refused as any of its calls', async () => {
    expect(await user.caller(key).auth.logOut()).toEqual({ message: 'Logged out' })
    await expect(user.caller(key).auth.logOut()).rejects.toMatchObject({ reason: 'TOKEN_INVALID' })
  })

  it.each(['logOut', 'logOutEverywhere'] as const)(
    'that was of another session is not said to be done: %s',
    async (procedure) => {
      const device = await secondDevice()
      await user.caller(key).auth.logOut()
      await expect(device(key).auth[procedure]()).rejects.toMatchObject(reused)
      expect(await device().auth.me()).toMatchObject({ id: user.id })
    },
  )

  it('everywhere ends every session', async () => {
    const device = await secondDevice()
    expect(await user.caller(key).auth.logOutEverywhere()).toMatchObject({ sessions: 2 })
    for (const caller of [user.caller(), device()])
      await expect(caller.auth.me()).rejects.toMatchObject({ reason: 'TOKEN_INVALID' })
  })
})

describe('what an administrator does under a key', () => {
  it('shuts out and lets in at once', async () => {
    await admin.caller(key).users.deactivate({ id: user.id })
    await expect(user.program().tasks.list()).rejects.toMatchObject({ reason: 'TOKEN_INVALID' })
    await admin.caller(randomUUID()).users.activate({ id: user.id })
    expect(await user.program().tasks.list()).toMatchObject({ total: 0 })
    await admin.caller(key).users.deactivate({ id: user.id })
    expect(await user.program().tasks.list()).toMatchObject({ total: 0 })
  })

  it('is kept under the key of the administrator, not of the user', async () => {
    await admin.caller(key).users.deactivate({ id: user.id })
    const rows = await db().select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key))
    expect(rows).toMatchObject([{ userId: admin.id }])
  })
})
