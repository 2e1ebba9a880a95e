import { tables } from '@tasklane/db'
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDependencies, loadRevocations } from '../../dependencies.ts'
import { createTestBackend, type TestBackend, type TestUser, testSettings } from '../../testing.ts'

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

describe('auth.refresh', () => {
  const refresh = (refreshToken: string) => backend.client().auth.refresh.mutate({ refreshToken })

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

  it('rejects a refresh token that was already used', async () => {
    await refresh(user.signedIn.refreshToken)
    await expect(refresh(user.signedIn.refreshToken)).rejects.toMatchObject(refusal('REFRESH_TOKEN_INVALID'))
    expect(await lastEvent()).toMatchObject({
      eventType: 'refresh',
      success: false,
      userId: user.signedIn.user.id,
    })
  })

  it('lets exactly one of twenty uses at once win', async () => {
    const uses = Array.from({ length: 20 }, () => refresh(user.signedIn.refreshToken))
    const settled = await Promise.allSettled(uses)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it.each([
    ['is nonsense', () => 'nonsense'],
    ['is an access token', () => user.signedIn.accessToken],
    ['was made up in the right shape', () => Buffer.alloc(52, 7).toString('base64url')],
    ['has a changed generation', () => changedAt(19)],
    ['has a changed session', () => changedAt(3)],
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
    expect(await restarted.accessTokens.verify(user.signedIn.accessToken)).toMatchObject({ kind: 'user' })
    await loadRevocations(restarted)
    await expect(restarted.accessTokens.verify(user.signedIn.accessToken)).rejects.toMatchObject({
      reason: 'TOKEN_INVALID',
    })
  })
})
