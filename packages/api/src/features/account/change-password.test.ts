import { tables } from '@tasklane/db'
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mailsTo, tokenMailedTo } from '../../mail/fixtures/mailbox.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { apiTokenClient, foreignClient, secondDevice, testIssuer } from './fixtures/callers.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend({ trustedIssuers: [testIssuer] })
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

const refusal = (reason: string) => ({ data: { reason } })
const { authEvents, mailTokens, sessions, users } = tables
const newPassword = 'Another-Horse-2'

const change = (input: object = {}) =>
  user.client.auth.changePassword.mutate({ currentPassword: user.password, newPassword, ...input })
const logIn = (password: string) =>
  backend.client().auth.logIn.mutate({ usernameOrEmail: user.email, password })

async function lastEvent() {
  const [event] = await backend.database.db.select().from(authEvents).orderBy(desc(authEvents.id)).limit(1)
  return event
}

describe('auth.changePassword', () => {
  it('lets the new password in and the old one out', async () => {
    expect(await change({ confirmPassword: newPassword })).toEqual({
      message: 'Password changed',
      sessions: 0,
    })
    expect(await lastEvent()).toMatchObject({
      eventType: 'password_change',
      success: true,
      userId: user.signedIn.user.id,
    })
    expect(await logIn(newPassword)).toMatchObject({ user: { email: user.email } })
    await expect(logIn(user.password)).rejects.toMatchObject(refusal('CREDENTIALS_INVALID'))
  })

  it('keeps this session and the API tokens, and ends every other session at once', async () => {
    const other = await secondDevice(backend, user)
    const script = await apiTokenClient(backend, user)
    expect(await other.client.auth.me.query()).toMatchObject({ email: user.email })
    expect(await change()).toMatchObject({ sessions: 1 })
    await expect(other.client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    const { refreshToken } = other
    await expect(backend.client().auth.refresh.mutate({ refreshToken })).rejects.toMatchObject(
      refusal('REFRESH_TOKEN_INVALID'),
    )
    expect(await user.client.auth.me.query()).toMatchObject({ email: user.email })
    expect(
      await backend.client().auth.refresh.mutate({ refreshToken: user.signedIn.refreshToken }),
    ).toHaveProperty('accessToken')
    expect(await script.tasks.list.query()).toMatchObject({ total: 0 })
  })

  it('ends all our sessions when it is asked for with a token of an issuer', async () => {
    const client = await foreignClient(backend, { sub: user.email })
    const { id } = await client.auth.me.query()
    const { db } = backend.database
    const [row] = await db.select().from(users).where(eq(users.id, user.signedIn.user.id))
    await db
      .update(users)
      .set({ passwordHash: row?.passwordHash ?? null })
      .where(eq(users.id, id))
    await db.update(sessions).set({ userId: id }).where(eq(sessions.userId, user.signedIn.user.id))
    const input = { currentPassword: user.password, newPassword }
    expect(await client.auth.changePassword.mutate(input)).toMatchObject({ sessions: 1 })
    expect(await client.auth.me.query()).toMatchObject({ id })
  })

  it('tells the owner by mail, and makes the links useless that were mailed before', async () => {
    await backend.client().auth.requestPasswordReset.mutate({ email: user.email })
    const token = await tokenMailedTo(backend, user.email, 'reset-password')
    await change()
    expect((await mailsTo(backend, user.email)).at(-1)).toMatchObject({
      subject: 'Your password was changed',
    })
    const { db } = backend.database
    const isOwn = eq(mailTokens.userId, user.signedIn.user.id)
    expect(await db.select().from(mailTokens).where(isOwn)).toEqual([])
    await expect(
      backend.client().auth.resetPassword.mutate({ token, newPassword: 'Third-Horse-3' }),
    ).rejects.toMatchObject(refusal('MAIL_TOKEN_INVALID'))
  })

  it('refuses a wrong current password, changes nothing and writes the failure', async () => {
    const other = await secondDevice(backend, user)
    const known = (await mailsTo(backend, user.email)).length
    await expect(change({ currentPassword: 'Wrong-Horse-1' })).rejects.toMatchObject({
      data: { httpStatus: 403, reason: 'PASSWORD_WRONG' },
    })
    expect(await lastEvent()).toMatchObject({
      eventType: 'password_change',
      success: false,
      failureReason: 'WRONG_PASSWORD',
      userId: user.signedIn.user.id,
    })
    expect(await other.client.auth.me.query()).toMatchObject({ email: user.email })
    expect(await logIn(user.password)).toHaveProperty('accessToken')
    expect(await mailsTo(backend, user.email)).toHaveLength(known)
  })

  it('refuses an account that has no password', async () => {
    const client = await foreignClient(backend, { sub: 'no-password' })
    await expect(
      client.auth.changePassword.mutate({ currentPassword: user.password, newPassword }),
    ).rejects.toMatchObject({ data: { httpStatus: 409, reason: 'PASSWORD_NOT_SET' } })
  })

  it('takes the password that it is already', async () => {
    expect(await change({ newPassword: user.password })).toMatchObject({ message: 'Password changed' })
    expect(await logIn(user.password)).toHaveProperty('accessToken')
  })

  it('lets one of several changes at once win, and its password alone works', async () => {
    const wanted = Array.from({ length: 5 }, (_, index) => `Parallel-Horse-${index}`)
    const settled = await Promise.allSettled(wanted.map((password) => change({ newPassword: password })))
    const won = settled.map(({ status }) => status === 'fulfilled')
    expect(won.filter(Boolean)).toHaveLength(1)
    const works = await Promise.allSettled(wanted.map(logIn))
    expect(works.map(({ status }) => status === 'fulfilled')).toEqual(won)
  })

  it.each([
    ['too weak', { newPassword: 'short' }, 'PASSWORD_TOO_WEAK'],
    ['not what it is confirmed by', { confirmPassword: `${newPassword}x` }, 'PASSWORD_MISMATCH'],
  ])('refuses a new password that is %s', async (_what, input, reason) => {
    await expect(change(input)).rejects.toMatchObject({ data: { httpStatus: 422, reason } })
    expect(await logIn(user.password)).toHaveProperty('accessToken')
  })

  it('refuses a new password that holds the username', async () => {
    const username = `owner-${user.signedIn.user.id.slice(-8)}`
    await user.client.auth.updateProfile.mutate({ username })
    await expect(change({ newPassword: `X1-${username.toUpperCase()}-x` })).rejects.toMatchObject(
      refusal('PASSWORD_TOO_WEAK'),
    )
  })

  it.each([
    ['no current password', { currentPassword: undefined }, 'currentPassword'],
    ['a new password of 257 characters', { newPassword: 'Aa1'.repeat(86) }, 'newPassword'],
    ['a new password with NUL', { newPassword: 'Another\0Horse-2' }, 'newPassword'],
    ['an unknown field', { userId: 'x' }, 'userId'],
  ])('refuses %s, by name', async (_what, input, name) => {
    await expect(change(input)).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
    })
  })
})
