import { getEventListeners } from 'node:events'
import { tables } from '@tasklane/db'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createContext } from '../../context.ts'
import { tokenMailedTo } from '../../mail/fixtures/mailbox.ts'
import {
  countStreams,
  createTestBackend,
  type EventStream,
  followPath,
  type OpenStreams,
  readEvents,
  type TestBackend,
  type TestUser,
} from '../../testing.ts'
import { followChanges } from './follow-changes.ts'

let backend: TestBackend
let streams: OpenStreams
let admin: TestUser
let owner: TestUser
let userId: string

const { sessions, users } = tables

beforeAll(async () => {
  // Nothing ends because it looked again.
  backend = await createTestBackend({ changesPollMilliseconds: 3_600_000, accessTokenTtlSeconds: 900 })
  streams = countStreams(backend.dependencies)
  admin = await backend.signUp()
  const isAdmin = eq(users.id, admin.signedIn.user.id)
  await backend.database.db.update(users).set({ role: 'admin' }).where(isAdmin)
})
beforeEach(async () => {
  owner = await backend.signUp()
  userId = owner.signedIn.user.id
})
afterAll(async () => {
  await streams.until(0)
  await backend.close()
})

interface Follow {
  credential?: string
  input?: object
  signal?: AbortSignal
}

async function follow({ credential, input, signal }: Follow = {}): Promise<EventStream> {
  const authorization = `Bearer ${credential ?? owner.signedIn.accessToken}`
  const init = { headers: { authorization }, ...(signal && { signal }) }
  return readEvents(await backend.fetch(followPath(input), init))
}

async function followFromNow(options: Follow = {}): Promise<EventStream> {
  const stream = await follow(options)
  await stream.page()
  return stream
}

const logIn = () =>
  backend.client().auth.logIn.mutate({ usernameOrEmail: owner.email, password: owner.password })

async function deactivate(id: string): Promise<void> {
  const { email, password } = admin
  const { accessToken } = await backend.client().auth.logIn.mutate({ usernameOrEmail: email, password })
  await backend.client(`Bearer ${accessToken}`).users.deactivate.mutate({ id })
}

/** Past every procedure, which an ended credential could not call. */
async function write(): Promise<void> {
  const isThere = await backend.database.db.$count(users, eq(users.id, userId))
  if (isThere) {
    await backend.database.db.execute(
      sql`insert into tasks (user_id, id, title) values (${userId}, ${crypto.randomUUID()}, 'Late')`,
    )
  }
  backend.dependencies.changeBus.publish(userId)
}

async function createMany(count: number): Promise<void> {
  const operations = Array.from({ length: 100 }, () => ({ op: 'create', input: { title: 'x' } }) as const)
  for (let created = 0; created < count; created += 100)
    await owner.client.tasks.batch.mutate({ atomic: true, operations })
}

describe('a stream ends at once, and tells no change more,', () => {
  const newPassword = 'Battery-Staple-2'
  const sessionIdOf = (accessToken: string) =>
    JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()).sid as string

  interface End {
    end: (credential: string) => Promise<unknown>
    by?: 'api token'
  }
  const ends: [string, End][] = [
    ['by logOut', { end: (credential) => backend.client(`Bearer ${credential}`).auth.logOut.mutate() }],
    ['by logOutEverywhere', { end: () => owner.client.auth.logOutEverywhere.mutate() }],
    [
      'when its session is revoked',
      { end: (credential) => owner.client.sessions.revoke.mutate({ id: sessionIdOf(credential) }) },
    ],
    [
      'when the password changes',
      {
        end: () => owner.client.auth.changePassword.mutate({ currentPassword: owner.password, newPassword }),
      },
    ],
    [
      'when the password is reset',
      {
        end: async () => {
          await backend.client().auth.requestPasswordReset.mutate({ email: owner.email })
          const token = await tokenMailedTo(backend, owner.email, 'reset-password')
          await backend.client().auth.resetPassword.mutate({ token, newPassword })
        },
      },
    ],
    ['when its user is deactivated', { end: () => deactivate(userId) }],
    [
      'when its user is deleted',
      { end: () => owner.client.auth.deleteAccount.mutate({ currentPassword: owner.password }) },
    ],
    [
      'when its API token is revoked',
      {
        by: 'api token',
        end: async () => {
          const { tokens } = await owner.client.tokens.list.query()
          await owner.client.tokens.revoke.mutate({ id: tokens[0]?.id ?? '' })
        },
      },
    ],
    ['when the user of its API token is deactivated', { by: 'api token', end: () => deactivate(userId) }],
  ]
  it.each(ends)('%s', async (_when, { end, by }) => {
    const credential = by
      ? (await owner.client.tokens.create.mutate({ name: 'script', scopes: 'read' })).token
      : (await logIn()).accessToken
    const stream = await followFromNow({ credential })
    await end(credential)
    await write()
    expect(await stream.refusal()).toMatchObject({ code: 'UNAUTHORIZED', reason: 'TOKEN_INVALID' })
    await streams.until(0)
  })

  it('though nothing is written', async () => {
    const stream = await followFromNow()
    await owner.client.auth.logOut.mutate()
    expect(await stream.refusal()).toEqual({
      code: 'UNAUTHORIZED',
      httpStatus: 401,
      reason: 'TOKEN_INVALID',
      path: 'tasks.onChange',
    })
  })

  it('though it was reading already what was written after that', async () => {
    const stream = await followFromNow()
    backend.statements.length = 0
    await backend.database.db.transaction(async (tx) => {
      // Elsewhere than in the embedded database, which has one connection, the reading would not wait.
      if (backend.database.kind === 'postgres') await tx.execute(sql`lock table tasks`)
      backend.dependencies.changeBus.publish(userId)
      await expect.poll(() => backend.statements.join()).toContain('lateral')
      backend.dependencies.revocations.add({ userId })
      await tx.execute(
        sql`insert into tasks (user_id, id, title) values (${userId}, ${crypto.randomUUID()}, 'Late')`,
      )
    })
    expect(await stream.refusal()).toMatchObject({ reason: 'TOKEN_INVALID' })
  })

  it('when its token has expired', async () => {
    const stream = await followFromNow()
    backend.advanceSeconds(900 + 5)
    await write()
    expect(await stream.refusal()).toMatchObject({ code: 'UNAUTHORIZED', reason: 'TOKEN_EXPIRED' })
  })

  it('in the middle of catching up', async () => {
    await createMany(1000)
    const stream = await follow({ input: { since: 0 } })
    await stream.page()
    await owner.client.auth.logOut.mutate()
    const pages = async () => {
      let count = 1
      for (;;) {
        const event = await stream.next()
        if (event?.name === 'serialized-error') return count
        count += 1
      }
    }
    expect(await pages()).toBeLessThan(10)
  })

  it('within a minute, when another process has ended its session', async () => {
    const stream = await followFromNow()
    await backend.database.db
      .update(sessions)
      .set({ revokedAt: sql`now()` })
      .where(eq(sessions.userId, userId))
    backend.advanceSeconds(61)
    await write()
    expect(await stream.refusal()).toMatchObject({ reason: 'TOKEN_INVALID' })
  })
})

describe('a stream goes on', () => {
  it("when somebody else's credential ends, or another of its user", async () => {
    const other = await logIn()
    const stream = await followFromNow()
    await backend.client(`Bearer ${other.accessToken}`).auth.logOut.mutate()
    const stranger = await backend.signUp()
    await stranger.client.auth.logOutEverywhere.mutate()
    await deactivate(stranger.signedIn.user.id)
    const task = await owner.client.tasks.create.mutate({ title: 'Still' })
    expect((await stream.page()).changes).toMatchObject([{ task }])
    await stream.leave()
  })

  it('for the session that changes the password', async () => {
    const stream = await followFromNow()
    const newPassword = 'Battery-Staple-2'
    await owner.client.auth.changePassword.mutate({ currentPassword: owner.password, newPassword })
    await owner.client.tasks.create.mutate({ title: 'Still' })
    expect((await stream.page()).changes).toHaveLength(1)
    await stream.leave()
  })
})

describe('a stream is refused, in the stream,', () => {
  it.each([
    ['to whoever is not signed in', undefined, 'AUTHENTICATION_REQUIRED'],
    ['to a token that is none', 'Bearer x', 'TOKEN_INVALID'],
  ])('%s', async (_whom, authorization, reason) => {
    const init = authorization === undefined ? {} : { headers: { authorization } }
    const stream = readEvents(await backend.fetch(followPath(), init))
    expect(stream.response.status).toBe(200)
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
    expect(await stream.refusal()).toMatchObject({ code: 'UNAUTHORIZED', httpStatus: 401, reason })
  })

  const wrong: [string, object, string][] = [
    ['a negative since', { since: -1 }, 'since'],
    ['a since that is no whole number', { since: 1.5 }, 'since'],
    ['a since that a number cannot hold', { since: 2 ** 53 }, 'since'],
    ['a limit', { limit: 1 }, 'limit'],
    ['a last event that is no number', { lastEventId: 'x' }, 'lastEventId'],
    ['a last event that a number cannot hold', { lastEventId: '9'.repeat(16) }, 'lastEventId'],
  ]
  it.each(wrong)('with %s, by name', async (_what, input, field) => {
    const stream = await follow({ input })
    expect(await stream.refusal()).toMatchObject({ reason: 'INPUT_INVALID', issues: [{ path: [field] }] })
  })

  it('beyond 100 of one user, until one of them ends', async () => {
    const all: EventStream[] = []
    for (let index = 0; index < 100; index++) all.push(await followFromNow())
    expect(await (await follow()).refusal()).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      httpStatus: 429,
      reason: 'STREAMS_TOO_MANY',
    })
    const stranger = await backend.signUp()
    await (await followFromNow({ credential: stranger.signedIn.accessToken })).leave()
    await all[50]?.leave()
    await streams.until(99)
    all.push(await followFromNow())
    expect(await (await follow()).refusal()).toMatchObject({ reason: 'STREAMS_TOO_MANY' })
    await owner.client.tasks.create.mutate({ title: 'For all' })
    for (const stream of all.filter((_stream, index) => index !== 50)) {
      expect((await stream.page()).changes).toHaveLength(1)
      await stream.leave()
    }
  })
})

describe('whoever leaves', () => {
  it('ends the stream while it waits', async () => {
    const stream = await followFromNow()
    await stream.leave()
    await streams.until(0)
  })

  it('ends the stream when the connection breaks', async () => {
    const connection = new AbortController()
    await followFromNow({ signal: connection.signal })
    connection.abort()
    await streams.until(0)
  })

  it('ends the stream before its first event was read', async () => {
    const stream = await follow()
    await stream.leave()
    await streams.until(0)
  })

  it('ends the stream in the middle of catching up', async () => {
    await createMany(1000)
    const stream = await follow({ input: { since: 0 } })
    await stream.page()
    await stream.leave()
    await streams.until(0)
  })

  it('leaves no subscription and no listener, however often', async () => {
    const connections = Array.from({ length: 90 }, () => new AbortController())
    const all = await Promise.all(connections.map(({ signal }) => followFromNow({ signal })))
    expect([streams.subscriptions, streams.listeners]).toEqual([90, 90])
    await Promise.all(all.map((stream, index) => (index % 2 ? stream.leave() : connections[index]?.abort())))
    await streams.until(0)
    for (let round = 0; round < 50; round++) await (await followFromNow()).leave()
    await streams.until(0)
  })

  it.each(['leaves', 'stays'])('leaves no listener on the signal of the request: %s', async (who) => {
    const connection = new AbortController()
    const { signal } = connection
    const authorization = [`Bearer ${owner.signedIn.accessToken}`]
    const ctx = createContext(backend.dependencies, { authorization })
    const principal = await ctx.authenticate()
    if (principal.kind !== 'user') throw new Error('Not a user')
    const events = followChanges(ctx, { principal, signal })
    await events.next()
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    const last = events.next()
    if (who === 'leaves') connection.abort()
    else backend.dependencies.revocations.add({ userId })
    await (who === 'leaves'
      ? expect(last).resolves.toEqual({ done: true, value: undefined })
      : expect(last).rejects.toMatchObject({ reason: 'TOKEN_INVALID' }))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('a server that closes', () => {
  const closing = {
    code: 'SERVICE_UNAVAILABLE',
    httpStatus: 503,
    reason: 'SERVER_CLOSING',
    retryAfterSeconds: 1,
    path: 'tasks.onChange',
  }

  it('tells each stream so, that catches up too, and takes none any more', async () => {
    const ending = await createTestBackend({ changesPollMilliseconds: 3_600_000 })
    try {
      const { client, signedIn } = await ending.signUp()
      const operations = Array.from({ length: 100 }, () => ({ op: 'create', input: { title: 'x' } }) as const)
      for (let batch = 0; batch < 12; batch++) await client.tasks.batch.mutate({ atomic: true, operations })
      const headers = { authorization: `Bearer ${signedIn.accessToken}` }
      const open = async (input?: object) => readEvents(await ending.fetch(followPath(input), { headers }))
      const [waiting, behind] = [await open(), await open({ since: 0 })]
      await waiting.page()
      await behind.page()
      ending.dependencies.changeBus.close()
      expect(await waiting.refusal()).toEqual(closing)
      let event = await behind.next()
      let pages = 1
      for (; event?.name === 'message'; pages++) event = await behind.next()
      expect(event?.data).toMatchObject({ data: closing })
      expect(pages).toBeLessThan(10)
      expect(await (await open()).refusal()).toEqual(closing)
    } finally {
      await ending.close()
    }
  })
})
