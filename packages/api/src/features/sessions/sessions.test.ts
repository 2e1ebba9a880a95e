import { tables } from '@tasklane/db'
import { desc, eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { sessionLimits } from './contract.ts'

let backend: TestBackend
let user: TestUser
let stranger: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  user = await backend.signUp()
  stranger = await backend.signUp()
})
afterAll(() => backend.close())

const refusal = (reason: string) => ({ data: { reason } })
const absentId = '00000000-0000-4000-8000-000000000000'
const { authEvents, sessions } = tables

async function logIn({ email, password }: TestUser, ipAddress?: string) {
  const tokens = await backend
    .client(undefined, ipAddress)
    .auth.logIn.mutate({ usernameOrEmail: email, password })
  return { ...tokens, client: backend.client(`Bearer ${tokens.accessToken}`) }
}

const refresh = (refreshToken: string) => backend.client().auth.refresh.mutate({ refreshToken })

async function sessionIdOf({ client }: Pick<TestUser, 'client'>): Promise<string> {
  const { sessions: listed } = await client.sessions.list.query()
  const current = listed.find(({ isCurrent }) => isCurrent)
  if (!current) throw new Error('No session is the current one.')
  return current.id
}

async function lastEvent() {
  const [event] = await backend.database.db.select().from(authEvents).orderBy(desc(authEvents.id)).limit(1)
  return event
}

async function revokeEvents() {
  const events = await backend.database.db
    .select()
    .from(authEvents)
    .where(eq(authEvents.eventType, 'session_revoke'))
  return events.length
}

describe('sessions.list', () => {
  it('shows every live session, the last used first, and which one calls', async () => {
    backend.advanceSeconds(100)
    await logIn(user, '2001:db8::7')
    backend.advanceSeconds(100)
    const { accessToken } = await refresh(user.signedIn.refreshToken)
    const { sessions: listed } = await backend.client(`Bearer ${accessToken}`).sessions.list.query()
    const common = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      userAgent: 'test',
      createdAt: expect.any(Date),
      lastUsedAt: expect.any(Date),
      expiresAt: expect.any(Date),
    }
    expect(listed).toEqual([
      { ...common, isCurrent: true, ipAddress: '192.0.2.1' },
      { ...common, isCurrent: false, ipAddress: '2001:db8::7' },
    ])
    const [first, second] = listed.map(({ createdAt, lastUsedAt, expiresAt }) => ({
      usedAfterSeconds: Math.floor((lastUsedAt.getTime() - createdAt.getTime()) / 1000),
      leftSeconds: (expiresAt.getTime() - lastUsedAt.getTime()) / 1000,
    }))
    expect(first?.usedAfterSeconds).toBeGreaterThanOrEqual(200)
    expect(second?.usedAfterSeconds).toBe(0)
    expect([first?.leftSeconds, second?.leftSeconds]).toEqual([7 * 24 * 3600, 7 * 24 * 3600])
  })

  it("leaves out what has ended, what has expired, and another user's", async () => {
    const loggedOut = await logIn(user)
    await logIn(stranger)
    await loggedOut.client.auth.logOut.mutate()
    expect(await user.client.sessions.list.query()).toMatchObject({ sessions: [{ isCurrent: true }] })
    backend.advanceSeconds(7 * 24 * 3600)
    const { client } = await logIn(user)
    expect(await client.sessions.list.query()).toMatchObject({ sessions: [{ isCurrent: true }] })
  })

  it('shows at most a hundred, leaving out the longest unused', async () => {
    const userId = user.signedIn.user.id
    const { newId, now } = backend.dependencies
    const instant = (seconds: number) => new Date(now().getTime() + seconds * 1000)
    const rows = Array.from({ length: sessionLimits.listedMax }, (_, index) => ({
      id: newId(),
      userId,
      createdAt: instant(-1000),
      refreshedAt: instant(-1000 + index),
      expiresAt: instant(1000),
      endsAt: instant(1000),
    }))
    await backend.database.db.insert(sessions).values(rows)
    const { sessions: listed } = await user.client.sessions.list.query()
    expect(listed.map(({ id }) => id)).toEqual([
      await sessionIdOf(user),
      ...rows
        .slice(1)
        .reverse()
        .map(({ id }) => id),
    ])
  })

  it('refuses a caller who is not signed in, and a field that it does not know', async () => {
    await expect(backend.client().sessions.list.query()).rejects.toMatchObject(
      refusal('AUTHENTICATION_REQUIRED'),
    )
    const withOwner = { userId: stranger.signedIn.user.id } as never
    await expect(user.client.sessions.list.query(withOwner)).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: ['userId'] }] },
    })
  })
})

describe('sessions.revoke', () => {
  it('ends that session at once, its refresh token too, and no other', async () => {
    const other = await logIn(user)
    const sessionId = await sessionIdOf(other)
    expect(await user.client.sessions.revoke.mutate({ id: sessionId })).toEqual({
      message: 'Session revoked',
    })
    await expect(other.client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    await expect(refresh(other.refreshToken)).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))
    expect(await user.client.sessions.list.query()).toMatchObject({ sessions: [{ isCurrent: true }] })
    expect(await refresh(user.signedIn.refreshToken)).toMatchObject({ tokenType: 'Bearer' })
    expect(await stranger.client.auth.me.query()).toMatchObject({ email: stranger.email })
  })

  it('ends every access token that the session was given', async () => {
    const { accessToken } = await refresh(user.signedIn.refreshToken)
    const refreshed = backend.client(`Bearer ${accessToken}`)
    const other = await logIn(user)
    await refreshed.auth.me.query()
    await other.client.sessions.revoke.mutate({ id: await sessionIdOf({ client: refreshed }) })
    for (const client of [user.client, refreshed]) {
      await expect(client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    }
  })

  it('ends the session that calls, if it is named', async () => {
    await user.client.sessions.revoke.mutate({ id: await sessionIdOf(user) })
    await expect(user.client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
  })

  it('ends a session whose id is written in upper case as fast', async () => {
    const other = await logIn(user)
    const sessionId = (await sessionIdOf(other)).toUpperCase()
    await user.client.sessions.revoke.mutate({ id: sessionId })
    await expect(other.client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
  })

  it('writes the event', async () => {
    const other = await logIn(user)
    await user.client.sessions.revoke.mutate({ id: await sessionIdOf(other) })
    expect(await lastEvent()).toMatchObject({
      eventType: 'session_revoke',
      success: true,
      userId: user.signedIn.user.id,
      ipAddress: '192.0.2.1',
      userAgent: 'test',
    })
  })

  it('ends nothing when the event cannot be written', async () => {
    const { db } = backend.database
    const other = await logIn(user)
    const sessionId = await sessionIdOf(other)
    await db.execute(
      sql`alter table auth_events add constraint no_room check (event_type <> 'session_revoke') not valid`,
    )
    const revoked = user.client.sessions.revoke.mutate({ id: sessionId })
    await expect(revoked).rejects.toMatchObject(refusal('INTERNAL'))
    await db.execute(sql`alter table auth_events drop constraint no_room`)
    expect(await other.client.auth.me.query()).toMatchObject({ email: user.email })
    expect(await refresh(other.refreshToken)).toMatchObject({ tokenType: 'Bearer' })
  })

  it("answers another user's session as one that does not exist, and leaves it alone", async () => {
    const before = await revokeEvents()
    const sessionId = await sessionIdOf(user)
    const shapeOf = (id: string) =>
      stranger.client.sessions.revoke.mutate({ id }).catch((error: { shape: unknown }) => error.shape)
    const foreign = await shapeOf(sessionId)
    expect(foreign).toMatchObject({ data: { httpStatus: 404, reason: 'SESSION_NOT_FOUND' } })
    expect(foreign).toEqual(await shapeOf(absentId))
    expect(await user.client.auth.me.query()).toMatchObject({ email: user.email })
    expect(await refresh(user.signedIn.refreshToken)).toMatchObject({ tokenType: 'Bearer' })
    expect(await revokeEvents()).toBe(before)
  })

  it('finds no session that was revoked, was logged out or has expired', async () => {
    const [revoked, loggedOut, expired] = [await logIn(user), await logIn(user), await logIn(user)]
    const ids = await Promise.all([revoked, loggedOut, expired].map(sessionIdOf))
    await user.client.sessions.revoke.mutate({ id: ids[0] ?? '' })
    await loggedOut.client.auth.logOut.mutate()
    backend.advanceSeconds(7 * 24 * 3600)
    const before = await revokeEvents()
    const { client } = await logIn(user)
    for (const sessionId of ids) {
      await expect(client.sessions.revoke.mutate({ id: sessionId })).rejects.toMatchObject(
        refusal('SESSION_NOT_FOUND'),
      )
    }
    expect(await revokeEvents()).toBe(before)
  })

  it('lets exactly one of twenty at once end it', async () => {
    const before = await revokeEvents()
    const sessionId = await sessionIdOf(await logIn(user))
    const attempts = Array.from({ length: 20 }, () => user.client.sessions.revoke.mutate({ id: sessionId }))
    const settled = await Promise.allSettled(attempts)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await revokeEvents()).toBe(before + 1)
  })

  it.each([
    ['an id that is not a UUID', { id: 'nonsense' }, 'id'],
    ['no id', {}, 'id'],
    ['a field that it does not know', { id: absentId, userId: absentId }, 'userId'],
  ])('refuses %s, by name', async (_what, input, name) => {
    await expect(user.client.sessions.revoke.mutate(input as { id: string })).rejects.toMatchObject({
      data: { httpStatus: 400, reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
    })
  })

  it('refuses a caller who is not signed in', async () => {
    const sessionId = await sessionIdOf(user)
    await expect(backend.client().sessions.revoke.mutate({ id: sessionId })).rejects.toMatchObject(
      refusal('AUTHENTICATION_REQUIRED'),
    )
    expect(await user.client.auth.me.query()).toMatchObject({ email: user.email })
  })
})
