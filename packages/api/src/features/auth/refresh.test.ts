import { tables } from '@tasklane/db'
import { and, desc, eq } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCaller } from '../../app-router.ts'
import { describeEvent } from '../../audit/events.ts'
import { createContext } from '../../context.ts'
import { createDependencies, loadRevocations, type Settings } from '../../dependencies.ts'
import type { UserPrincipal } from '../../guard/principal.ts'
import { createTestBackend, type TestBackend, type TestUser, testSettings } from '../../testing.ts'
import { rotateSession } from './queries.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

const refusal = (reason: string) => ({ data: { reason } })
const { authEvents, sessions, users } = tables

async function lastEvent() {
  const [event] = await backend.database.db.select().from(authEvents).orderBy(desc(authEvents.id)).limit(1)
  return event
}

const refresh = (refreshToken: string) => backend.client().auth.refresh.mutate({ refreshToken })

/** The same database, seen by another process. */
function otherProcess(settings: Partial<Settings> = {}) {
  const { db, log, now } = backend.dependencies
  const dependencies = createDependencies({ db, log, now, settings: { ...testSettings, ...settings } })
  const caller = createCaller(createContext(dependencies, { ipAddress: '192.0.2.2' }))
  return { dependencies, refresh: (refreshToken: string) => caller.auth.refresh({ refreshToken }) }
}

async function eventsOf({ signedIn }: TestUser, eventType: string) {
  return await backend.database.db
    .select()
    .from(authEvents)
    .where(and(eq(authEvents.userId, signedIn.user.id), eq(authEvents.eventType, eventType)))
}

async function generationOf(refreshToken: string): Promise<number | undefined> {
  const { sessionId = '' } = backend.dependencies.refreshTokens.read(refreshToken) ?? {}
  const [row] = await backend.database.db.select().from(sessions).where(eq(sessions.id, sessionId))
  return row?.generation
}

describe('auth.refresh', () => {
  it('gives new tokens that work, and no user', async () => {
    const tokens = await refresh(user.signedIn.refreshToken)
    expect(tokens).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: 900,
      tokenType: 'Bearer',
    })
    expect(tokens.refreshToken).not.toBe(user.signedIn.refreshToken)
    expect(await backend.client(`Bearer ${tokens.accessToken}`).auth.me.query()).toEqual(user.signedIn.user)
    expect(await refresh(tokens.refreshToken)).toMatchObject({ tokenType: 'Bearer' })
    expect(await lastEvent()).toMatchObject({
      eventType: 'refresh',
      success: true,
      userId: user.signedIn.user.id,
    })
  })

  it('gives the same successor to two tabs that refresh the same token a hundred times at once', async () => {
    const other = otherProcess()
    const parent = user.signedIn.refreshToken
    const uses = Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0 ? refresh(parent) : other.refresh(parent),
    )
    const tokens = await Promise.all(uses)
    expect(new Set(tokens.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    expect(await generationOf(parent)).toBe(1)
    const [first] = tokens
    expect(await refresh(first?.refreshToken ?? '')).toMatchObject({ tokenType: 'Bearer' })
    for (const { accessToken } of tokens.slice(0, 3))
      expect(await backend.client(`Bearer ${accessToken}`).auth.me.query()).toMatchObject({
        email: user.email,
      })
  })

  it('gives the token before the present one its successor again for thirty seconds', async () => {
    const parent = user.signedIn.refreshToken
    const { refreshToken } = await refresh(parent)
    backend.advanceSeconds(29)
    expect(await refresh(parent)).toMatchObject({ refreshToken, tokenType: 'Bearer' })
    await backend.dependencies.background.settled()
    expect(await eventsOf(user, 'refresh_replay')).toMatchObject([{ success: true, count: 1 }])
    expect(await refresh(refreshToken)).toMatchObject({ tokenType: 'Bearer' })
  })

  it.each([
    ['the token before the present one after thirty seconds', 1, 31],
    ['an older token, however soon', 2, 0],
  ])('takes %s for stolen, ends the session everywhere and writes the event', async (_what, age, seconds) => {
    const stolen = user.signedIn.refreshToken
    let tokens: { accessToken: string; refreshToken: string } = user.signedIn
    for (let refreshes = 0; refreshes < age; refreshes++) tokens = await refresh(tokens.refreshToken)
    const owner = backend.client(`Bearer ${tokens.accessToken}`)
    expect(await owner.auth.me.query()).toMatchObject({ email: user.email })
    backend.advanceSeconds(seconds)
    await expect(refresh(stolen)).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))
    await expect(owner.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    await expect(user.client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    await expect(refresh(tokens.refreshToken)).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))
    expect(await eventsOf(user, 'refresh_token_reuse')).toMatchObject([
      { success: false, failureReason: 'REFRESH_TOKEN_REUSED' },
    ])
  })

  it('never moves a session back: a statement that comes late changes nothing', async () => {
    let { refreshToken } = user.signedIn
    for (let refreshes = 0; refreshes < 2; refreshes++) ({ refreshToken } = await refresh(refreshToken))
    const { sessionId = '' } = backend.dependencies.refreshTokens.read(refreshToken) ?? {}
    const now = backend.dependencies.now()
    const event = describeEvent(createContext(backend.dependencies, {}), { type: 'refresh' })
    const late = { sessionId, generation: 0, now, expiresAt: now, event }
    expect(await rotateSession(backend.database.db, late)).toBe(false)
    expect(await generationOf(refreshToken)).toBe(2)
  })

  it('writes the refusals of one session in a minute as one event', async () => {
    await user.client.auth.logOut.mutate()
    const uses = Array.from({ length: 12 }, () => refresh(user.signedIn.refreshToken))
    await Promise.all(
      uses.map((call) => expect(call).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))),
    )
    await backend.dependencies.background.settled()
    const refusals = await eventsOf(user, 'refresh')
    expect(refusals).toMatchObject([{ failureReason: 'REFRESH_TOKEN_INVALID', count: 12 }])
  })

  it('goes on under a new secret, as long as the one before is named', async () => {
    const jwtSecret = 'another secret that only the tests know, of 32 bytes'
    const renewed = otherProcess({ jwtSecret, jwtSecretPrevious: testSettings.jwtSecret })
    const tokens = await renewed.refresh(user.signedIn.refreshToken)
    const { guard } = renewed.dependencies
    const caller = { ipAddress: undefined, userAgent: undefined }
    for (const token of [user.signedIn.accessToken, tokens.accessToken])
      expect(await guard.identify(token, caller)).toMatchObject({ userId: user.signedIn.user.id })
    const forgetful = otherProcess({ jwtSecret })
    await expect(forgetful.refresh(user.signedIn.refreshToken)).rejects.toMatchObject({
      reason: 'REFRESH_TOKEN_INVALID',
    })
    expect(await forgetful.refresh(tokens.refreshToken)).toMatchObject({ tokenType: 'Bearer' })
  })

  it.each([
    ['is nonsense', () => 'nonsense'],
    ['is an access token', () => user.signedIn.accessToken],
    ['was made up in the right shape', () => Buffer.from([1, ...Buffer.alloc(52, 7)]).toString('base64url')],
    ['has a changed generation', () => changedAt(20)],
    ['has a changed session', () => changedAt(3)],
    ['is of another version', () => changedAt(0)],
    ['has another spelling of its last character', () => `${user.signedIn.refreshToken}=`],
  ])('rejects a refresh token that %s', async (_what, token) => {
    await expect(refresh(token())).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))
    expect(await refresh(user.signedIn.refreshToken)).toMatchObject({ tokenType: 'Bearer' })
  })

  function changedAt(position: number): string {
    const bytes = Buffer.from(user.signedIn.refreshToken, 'base64url')
    bytes[position] = (bytes[position] ?? 0) ^ 1
    return bytes.toString('base64url')
  }

  it('slides by seven days with each use, up to thirty days after the log-in', async () => {
    const day = 24 * 3600
    let { refreshToken } = user.signedIn
    for (let days = 6; days < 30; days += 6) {
      backend.advanceSeconds(6 * day)
      ;({ refreshToken } = await refresh(refreshToken))
    }
    backend.advanceSeconds(6 * day)
    await expect(refresh(refreshToken)).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))
  })

  it('rejects a token that was not used for seven days', async () => {
    backend.advanceSeconds(7 * 24 * 3600)
    await expect(refresh(user.signedIn.refreshToken)).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))
  })

  it('rejects the token of a deactivated user', async () => {
    await backend.database.db.update(users).set({ isActive: false }).where(eq(users.email, user.email))
    await expect(refresh(user.signedIn.refreshToken)).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))
  })

  it('stores nothing that could be used as a token', async () => {
    const [row] = await backend.database.db.select().from(sessions)
    expect(Object.keys(row ?? {}).sort()).toEqual(
      'createdAt endsAt expiresAt generation id ipAddress refreshedAt revokedAt userAgent userId'.split(' '),
    )
  })
})

describe('auth.logOut', () => {
  it('ends the session: neither of its tokens works again, and other sessions go on', async () => {
    const other = await backend
      .client()
      .auth.logIn.mutate({ usernameOrEmail: user.email, password: user.password })
    expect(await user.client.auth.me.query()).toMatchObject({ email: user.email })
    expect(await user.client.auth.logOut.mutate()).toEqual({ message: 'Logged out' })
    await expect(user.client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    const { refreshToken } = user.signedIn
    await expect(backend.client().auth.refresh.mutate({ refreshToken })).rejects.toMatchObject(
      refusal('REFRESH_TOKEN_INVALID'),
    )
    expect(await backend.client(`Bearer ${other.accessToken}`).auth.me.query()).toMatchObject({
      email: user.email,
    })
  })

  it('takes an empty object, and writes the event', async () => {
    expect(await user.client.auth.logOut.mutate({})).toEqual({ message: 'Logged out' })
    expect(await lastEvent()).toMatchObject({
      eventType: 'log_out',
      success: true,
      userId: user.signedIn.user.id,
    })
  })

  it('refuses a caller who is not signed in', async () => {
    await expect(backend.client().auth.logOut.mutate()).rejects.toMatchObject(
      refusal('AUTHENTICATION_REQUIRED'),
    )
  })

  it('does not mind that the account is gone', async () => {
    await backend.database.db.delete(users).where(eq(users.email, user.email))
    expect(await user.client.auth.logOut.mutate()).toEqual({ message: 'Logged out' })
    expect(await lastEvent()).toMatchObject({ eventType: 'log_out', userId: null })
  })

  it('is remembered by a process that starts later', async () => {
    await user.client.auth.logOut.mutate()
    backend.advanceSeconds(testSettings.accessTokenTtlSeconds + 3)
    const { db, log, now } = backend.dependencies
    const restarted = createDependencies({ db, log, now, settings: testSettings })
    const { sid: sessionId = '' } = decodeJwt<{ sid: string }>(user.signedIn.accessToken)
    const principal: UserPrincipal = {
      kind: 'user',
      userId: user.signedIn.user.id,
      email: user.email,
      credential: { kind: 'session', sessionId },
    }
    expect(restarted.revocations.has(principal)).toBe(false)
    await loadRevocations(restarted)
    expect(restarted.revocations.has(principal)).toBe(true)
  })
})

describe('auth.logOutEverywhere', () => {
  it("ends every session of the user, and nobody else's", async () => {
    const stranger = await backend.signUp()
    const other = await backend
      .client()
      .auth.logIn.mutate({ usernameOrEmail: user.email, password: user.password })
    expect(await user.client.auth.logOutEverywhere.mutate()).toEqual({
      message: 'Logged out everywhere',
      sessions: 2,
    })
    for (const { accessToken, refreshToken } of [user.signedIn, other]) {
      const client = backend.client(`Bearer ${accessToken}`)
      await expect(client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
      await expect(refresh(refreshToken)).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))
    }
    expect(await stranger.client.auth.me.query()).toMatchObject({ email: stranger.email })
    expect(await eventsOf(user, 'log_out_everywhere')).toMatchObject([{ success: true }])
  })

  it('refuses a caller who is not signed in, and an unknown field', async () => {
    await expect(backend.client().auth.logOutEverywhere.mutate()).rejects.toMatchObject(
      refusal('AUTHENTICATION_REQUIRED'),
    )
    await expect(
      user.client.auth.logOutEverywhere.mutate(JSON.parse('{"really":true}')),
    ).rejects.toMatchObject(refusal('INPUT_INVALID'))
  })
})
