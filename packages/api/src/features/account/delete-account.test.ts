import { tables } from '@tasklane/db'
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import { createContext } from '../../context.ts'
import { endApiTokens, endSessions } from '../../guard/queries.ts'
import { tokenMailedTo } from '../../mail/fixtures/mailbox.ts'
import { createTestBackend, type TestBackend, type TestUser, testPassword } from '../../testing.ts'
import { apiTokenClient, foreignClient, secondDevice, testIssuer } from './fixtures/callers.ts'
import { countWaiting } from './fixtures/locks.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend({ trustedIssuers: [testIssuer] })
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

/** The machine may be slow. */
const waiting = { timeout: 15_000 }
const refusal = (reason: string) => ({ data: { reason } })
const { authEvents, deletedIdentities, tasks, users } = tables

async function newestEvents(count: number) {
  return await backend.database.db.select().from(authEvents).orderBy(desc(authEvents.id)).limit(count)
}

describe('auth.deleteAccount', () => {
  it('refuses every credential of the account from then on', async () => {
    const other = await secondDevice(backend, user)
    const script = await apiTokenClient(backend, user)
    expect(await script.tasks.list.query()).toMatchObject({ total: 0 })
    expect(await user.client.auth.deleteAccount.mutate({ currentPassword: user.password })).toEqual({
      message: 'Account deleted',
    })
    await Promise.all(
      [
        user.client.tasks.list.query(),
        user.client.tasks.create.mutate({ title: 'x' }),
        other.client.auth.me.query(),
        script.tasks.list.query(),
      ].map((call) =>
        expect(call).rejects.toMatchObject({ data: { httpStatus: 401, reason: 'TOKEN_INVALID' } }),
      ),
    )
    for (const { refreshToken } of [user.signedIn, other])
      await expect(backend.client().auth.refresh.mutate({ refreshToken })).rejects.toMatchObject(
        refusal('REFRESH_TOKEN_INVALID'),
      )
    const logIn = { usernameOrEmail: user.email, password: user.password }
    await expect(backend.client().auth.logIn.mutate(logIn)).rejects.toMatchObject(
      refusal('CREDENTIALS_INVALID'),
    )
  })

  it('deletes the tasks of the account, those in the trash too, and of no other', async () => {
    const other = await backend.signUp()
    const kept = await other.client.tasks.create.mutate({ title: 'kept' })
    await user.client.tasks.create.mutate({ title: 'x' })
    await user.client.tasks.delete.mutate(
      await user.client.tasks.create.mutate({ title: 'y' }).then(({ id }) => ({ id })),
    )
    await user.client.auth.deleteAccount.mutate({ currentPassword: user.password })
    const { db } = backend.database
    expect(await db.select().from(tasks).where(eq(tasks.userId, user.signedIn.user.id))).toEqual([])
    expect(await other.client.tasks.get.query({ id: kept.id })).toEqual(kept)
  })

  it('sets the email and the username free', async () => {
    const username = `free-${user.signedIn.user.id.slice(-8)}`
    await user.client.auth.updateProfile.mutate({ username })
    await user.client.auth.deleteAccount.mutate({ currentPassword: user.password })
    const again = { email: user.email, username, password: testPassword }
    const { user: created } = await backend.client().auth.signUp.mutate(again)
    expect(created).toMatchObject({ email: user.email, username })
    expect(created.id).not.toBe(user.signedIn.user.id)
  })

  it('keeps what happened, without the user', async () => {
    await user.client.auth.deleteAccount.mutate({ currentPassword: user.password })
    const events = await newestEvents(2)
    expect(events).toMatchObject([
      { eventType: 'account_delete', success: true, userId: null, ipAddress: '192.0.2.1' },
      { eventType: 'sign_up', success: true, userId: null },
    ])
    expect(JSON.stringify(events)).not.toContain(user.signedIn.user.id)
  })

  it('makes the links useless that were mailed before', async () => {
    const token = await tokenMailedTo(backend, user.email, 'verify-email')
    await user.client.auth.deleteAccount.mutate({ currentPassword: user.password })
    await expect(backend.client().auth.verifyEmail.mutate({ token })).rejects.toMatchObject(
      refusal('MAIL_TOKEN_INVALID'),
    )
  })

  it.each([
    ['a wrong', { currentPassword: 'Wrong-Horse-1' }],
    ['no', undefined],
  ])('refuses %s current password, and deletes nothing', async (_what, input) => {
    await expect(user.client.auth.deleteAccount.mutate(input)).rejects.toMatchObject({
      data: { httpStatus: 403, reason: 'PASSWORD_WRONG' },
    })
    expect(await user.client.auth.me.query()).toMatchObject({ email: user.email })
    expect(await newestEvents(1)).toMatchObject([
      { eventType: 'account_delete', failureReason: 'WRONG_PASSWORD', userId: user.signedIn.user.id },
    ])
  })

  it('refuses an unknown field', async () => {
    const input = { currentPassword: user.password, userId: 'x' }
    await expect(user.client.auth.deleteAccount.mutate(input)).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: ['userId'] }] },
    })
  })

  it('lets no token of an issuer bring the account back, and keeps no name of it', async () => {
    const sub = 'subject-of-a-deleted-account'
    const email = 'deleted@example.com'
    const client = await foreignClient(backend, { sub, email })
    const { id } = await client.auth.me.query()
    expect(await client.auth.deleteAccount.mutate()).toEqual({ message: 'Account deleted' })
    await expect(client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    // Another token, which nobody remembers.
    backend.advanceSeconds(30)
    const next = await foreignClient(backend, { sub, email })
    await expect(next.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    const { db } = backend.database
    expect(await db.select().from(users).where(eq(users.email, email))).toEqual([])
    const kept = await db.select().from(deletedIdentities)
    expect(kept).toHaveLength(1)
    expect(kept[0]?.identityHash).toHaveLength(32)
    const left = JSON.stringify([kept, await newestEvents(5)])
    for (const name of [id, sub, email]) expect(left).not.toContain(name)
    // The tombstone stands for this identity alone.
    const stranger = await foreignClient(backend, { sub: 'another-subject' })
    expect(await stranger.auth.me.query()).toHaveProperty('id')
  })

  it('deletes once, of several calls at once', async () => {
    const calls = Array.from({ length: 5 }, () =>
      user.client.auth.deleteAccount.mutate({ currentPassword: user.password }),
    )
    const settled = await Promise.allSettled(calls)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of settled)
      if (result.status === 'rejected') expect(result.reason).toMatchObject(refusal('TOKEN_INVALID'))
    expect((await newestEvents(2)).map(({ eventType }) => eventType)).toEqual(['account_delete', 'sign_up'])
  })

  it.each([
    ['log-out', endSessions],
    ['revocation of API tokens', endApiTokens],
  ])('and a %s at the same moment do not wait for each other', async (what, end) => {
    const { db, kind } = backend.database
    const userId = user.signedIn.user.id
    await apiTokenClient(backend, user)
    const event = describeEvent(createContext(backend.dependencies, {}), { type: 'log_out', userId })
    let deletion: Promise<unknown> | undefined
    await db.transaction(async (tx) => {
      expect(await end(tx, { userId, now: backend.dependencies.now() })).toHaveLength(1)
      const input = { currentPassword: user.password }
      deletion = user.client.auth.deleteAccount.mutate(input).catch((error: unknown) => error)
      // The embedded database has one connection: there the deletion waits for the whole transaction.
      if (kind === 'postgres') await expect.poll(() => countWaiting(backend), waiting).toBe(1)
      await insertEvent(tx, event)
    })
    // There it comes after the log-out, and so too late.
    const isTooLate = kind === 'embedded' && what === 'log-out'
    expect(await deletion).toMatchObject(
      isTooLate ? refusal('TOKEN_INVALID') : { message: 'Account deleted' },
    )
  })
})
