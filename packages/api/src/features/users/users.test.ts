import { tables } from '@tasklane/db'
import { asc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCaller } from '../../app-router.ts'
import { createSystemContext } from '../../context.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'

let backend: TestBackend
let admin: TestUser
let user: TestUser
let userId: string

const refusal = (reason: string) => ({ data: { reason } })
const { authEvents, users } = tables

beforeAll(async () => {
  backend = await createTestBackend()
  admin = await backend.signUp()
  const isAdmin = eq(users.id, admin.signedIn.user.id)
  await backend.database.db.update(users).set({ role: 'admin' }).where(isAdmin)
})
beforeEach(async () => {
  user = await backend.signUp()
  userId = user.signedIn.user.id
})
afterAll(() => backend.close())

const logIn = () =>
  backend.client().auth.logIn.mutate({ usernameOrEmail: user.email, password: user.password })

async function eventsOfUser() {
  const { db } = backend.database
  return await db.select().from(authEvents).where(eq(authEvents.userId, userId)).orderBy(asc(authEvents.id))
}

describe('users.deactivate', () => {
  it('refuses every credential of the user at once', async () => {
    const { token } = await user.client.tokens.create.mutate({ name: 'script', scopes: 'read' })
    const script = backend.client(`Bearer ${token}`)
    const other = await logIn()
    expect(await script.tasks.list.query()).toMatchObject({ total: 0 })
    expect(await admin.client.users.deactivate.mutate({ id: userId })).toEqual({
      message: 'The user may sign in no more',
    })
    await Promise.all(
      [
        user.client.tasks.list.query(),
        backend.client(`Bearer ${other.accessToken}`).tasks.list.query(),
        script.tasks.list.query(),
      ].map((call) =>
        expect(call).rejects.toMatchObject({ data: { httpStatus: 401, reason: 'TOKEN_INVALID' } }),
      ),
    )
    for (const { refreshToken } of [user.signedIn, other])
      await expect(backend.client().auth.refresh.mutate({ refreshToken })).rejects.toMatchObject(
        refusal('REFRESH_TOKEN_INVALID'),
      )
    await expect(logIn()).rejects.toMatchObject(refusal('CREDENTIALS_INVALID'))
  })

  it('keeps them refused when their revocations are long forgotten', async () => {
    const { token } = await user.client.tokens.create.mutate({ name: 'script', scopes: 'read' })
    await admin.client.users.deactivate.mutate({ id: userId })
    backend.advanceSeconds(24 * 3600)
    const call = backend.client(`Bearer ${token}`).tasks.list.query()
    await expect(call).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    admin = await signedInAgain(admin)
  })

  async function signedInAgain({ email, password }: TestUser): Promise<TestUser> {
    const signedIn = await backend.client().auth.logIn.mutate({ usernameOrEmail: email, password })
    return { email, password, signedIn, client: backend.client(`Bearer ${signedIn.accessToken}`) }
  }

  it('writes one event of the user, without the address of the administrator, and a line of who did it', async () => {
    backend.log.length = 0
    await admin.client.users.deactivate.mutate({ id: userId })
    await admin.client.users.deactivate.mutate({ id: userId })
    const [, deactivation, ...others] = await eventsOfUser()
    expect(deactivation).toMatchObject({
      eventType: 'user_deactivate',
      success: true,
      ipAddress: null,
      userAgent: null,
    })
    expect(others).toEqual([])
    expect(backend.log[0]).toMatchObject({
      level: 'info',
      details: { event: 'user_deactivate', userId, by: admin.signedIn.user.id, ipAddress: '192.0.2.1' },
    })
  })

  it('leaves other users alone', async () => {
    const other = await backend.signUp()
    await admin.client.users.deactivate.mutate({ id: userId })
    expect(await other.client.auth.me.query()).toMatchObject({ email: other.email })
  })

  it('does not take away the last who could undo it: oneself', async () => {
    const self = { id: admin.signedIn.user.id }
    await expect(admin.client.users.deactivate.mutate(self)).rejects.toMatchObject({
      data: { httpStatus: 403, reason: 'SELF_DEACTIVATION' },
    })
    await expect(admin.client.users.deactivate.mutate({ id: self.id.toUpperCase() })).rejects.toMatchObject(
      refusal('SELF_DEACTIVATION'),
    )
    expect(await admin.client.auth.me.query()).toMatchObject({ email: admin.email })
  })
})

describe('users.activate', () => {
  it('lets the user sign in again, and API tokens work again; sessions stay ended', async () => {
    const { token } = await user.client.tokens.create.mutate({ name: 'script', scopes: 'read' })
    await admin.client.users.deactivate.mutate({ id: userId })
    expect(await admin.client.users.activate.mutate({ id: userId })).toEqual({
      message: 'The user may sign in',
    })
    const { accessToken } = await logIn()
    expect(await backend.client(`Bearer ${accessToken}`).auth.me.query()).toMatchObject({ email: user.email })
    expect(await backend.client(`Bearer ${token}`).tasks.list.query()).toMatchObject({ total: 0 })
    await expect(user.client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
    const { refreshToken } = user.signedIn
    await expect(backend.client().auth.refresh.mutate({ refreshToken })).rejects.toMatchObject(
      refusal('REFRESH_TOKEN_INVALID'),
    )
  })

  it('writes an event, and none for a user who is active', async () => {
    await admin.client.users.activate.mutate({ id: userId })
    await admin.client.users.deactivate.mutate({ id: userId })
    await admin.client.users.activate.mutate({ id: userId })
    expect((await eventsOfUser()).map(({ eventType }) => eventType)).toEqual([
      'sign_up',
      'user_deactivate',
      'user_activate',
    ])
  })
})

describe.each(['deactivate', 'activate'] as const)('users.%s', (name) => {
  it('refuses whoever is no administrator, and one with an API token', async () => {
    const other = await backend.signUp()
    const { token } = await admin.client.tokens.create.mutate({ name: 'script', scopes: 'write' })
    for (const [client, reason] of [
      [backend.client(), 'AUTHENTICATION_REQUIRED'],
      [other.client, 'ADMIN_REQUIRED'],
      [backend.client(`Bearer ${token}`), 'SIGN_IN_REQUIRED'],
    ] as const)
      await expect(client.users[name].mutate({ id: userId })).rejects.toMatchObject(refusal(reason))
    expect(await user.client.auth.me.query()).toMatchObject({ email: user.email })
  })

  it('answers a program of ours', async () => {
    const caller = createCaller(createSystemContext(backend.dependencies))
    expect(await caller.users[name]({ id: userId })).toHaveProperty('message')
  })

  it('refuses a user who is not there', async () => {
    const call = admin.client.users[name].mutate({ id: '0193b3a0-0000-7000-8000-000000000000' })
    await expect(call).rejects.toMatchObject({ data: { httpStatus: 404, reason: 'USER_NOT_FOUND' } })
  })

  it.each([
    ['no id', {}, 'id'],
    ['an id that is none', { id: 'x' }, 'id'],
    ['an unknown field', { id: '0193b3a0-0000-7000-8000-000000000000', role: 'admin' }, 'role'],
  ])('refuses %s, by name', async (_what, input, field) => {
    await expect(admin.client.users[name].mutate(input as { id: string })).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: [field] }] },
    })
  })
})
