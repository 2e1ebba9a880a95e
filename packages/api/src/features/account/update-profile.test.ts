import { tables } from '@tasklane/db'
import { desc, eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { foreignClient, testIssuer } from './fixtures/callers.ts'

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
const { authEvents, users } = tables

async function eventsOf(userId: string) {
  const { db } = backend.database
  return await db.select().from(authEvents).where(eq(authEvents.userId, userId)).orderBy(desc(authEvents.id))
}

let names = 0
const freshName = () => `name-${++names}`

describe('auth.updateProfile', () => {
  it('sets name and username in their canonical form, which log in from then on', async () => {
    const username = freshName()
    const updated = await user.client.auth.updateProfile.mutate({
      name: 'Ada',
      username: username.toUpperCase(),
    })
    expect(updated).toMatchObject({ id: user.signedIn.user.id, email: user.email, name: 'Ada', username })
    expect(await user.client.auth.me.query()).toEqual(updated)
    const logIn = { usernameOrEmail: username, password: user.password }
    expect(await backend.client().auth.logIn.mutate(logIn)).toMatchObject({ user: { username } })
  })

  it('leaves alone what is absent and clears what is null', async () => {
    const username = freshName()
    await user.client.auth.updateProfile.mutate({ name: 'Ada', username })
    expect(await user.client.auth.updateProfile.mutate({ name: null })).toMatchObject({
      name: null,
      username,
    })
    expect(await user.client.auth.updateProfile.mutate({ name: 'Bea' })).toMatchObject({
      name: 'Bea',
      username,
    })
    expect(await user.client.auth.updateProfile.mutate({ username: null })).toMatchObject({
      name: 'Bea',
      username: null,
    })
  })

  it('writes one event for a change, and none where nothing changes', async () => {
    const username = freshName()
    const changed = await user.client.auth.updateProfile.mutate({ name: 'Ada', username })
    for (const input of [
      {},
      { name: 'Ada' },
      { username },
      { name: 'Ada', username: username.toUpperCase() },
    ])
      expect(await user.client.auth.updateProfile.mutate(input)).toEqual(changed)
    const events = await eventsOf(user.signedIn.user.id)
    expect(events.map(({ eventType, success }) => [eventType, success])).toEqual([
      ['profile_update', true],
      ['sign_up', true],
    ])
  })

  it('refuses a username that is taken, changes nothing, and writes one event for many tries', async () => {
    const username = freshName()
    await (await backend.signUp()).client.auth.updateProfile.mutate({ username })
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(
        user.client.auth.updateProfile.mutate({ name: 'Ada', username: username.toUpperCase() }),
      ).rejects.toMatchObject(refusal('USERNAME_TAKEN'))
    expect(await user.client.auth.me.query()).toMatchObject({ name: null, username: null })
    await backend.dependencies.background.settled()
    expect(await eventsOf(user.signedIn.user.id)).toMatchObject([
      { eventType: 'profile_update', success: false, failureReason: 'USERNAME_TAKEN', count: 3 },
      { eventType: 'sign_up' },
    ])
  })

  it('gives a username to one of many who want it at once', async () => {
    const username = freshName()
    const rivals = await Promise.all(Array.from({ length: 8 }, () => backend.signUp()))
    const settled = await Promise.allSettled(
      rivals.map(({ client }) => client.auth.updateProfile.mutate({ username })),
    )
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('refuses a reserved username', async () => {
    await expect(user.client.auth.updateProfile.mutate({ username: 'Root' })).rejects.toMatchObject(
      refusal('USERNAME_RESERVED'),
    )
  })

  it('keeps the one name that an account with a password can log in with', async () => {
    const username = freshName()
    await user.client.auth.updateProfile.mutate({ username })
    const isUser = eq(users.id, user.signedIn.user.id)
    await backend.database.db.update(users).set({ email: null }).where(isUser)
    await expect(user.client.auth.updateProfile.mutate({ username: null })).rejects.toMatchObject({
      data: { httpStatus: 422, reason: 'IDENTIFIER_REQUIRED' },
    })
    expect(await user.client.auth.me.query()).toMatchObject({ username })
  })

  it('lets an account without a password have no name to log in with', async () => {
    const client = await foreignClient(backend, { sub: 'nameless' })
    await client.auth.updateProfile.mutate({ username: freshName() })
    expect(await client.auth.updateProfile.mutate({ username: null })).toMatchObject({ username: null })
  })

  it.each([
    ['an empty name', { name: '' }, 'name'],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, 'name'],
    ['a username with @', { username: 'a@b' }, 'username'],
    ['a username of two characters', { username: 'ab' }, 'username'],
    ['an email', { email: 'other@example.com' }, 'email'],
    ['a role', { role: 'admin' }, 'role'],
    ['an id', { id: 'x' }, 'id'],
  ])('refuses %s, by name', async (_what, fields, name) => {
    await expect(user.client.auth.updateProfile.mutate(fields as object)).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: [name] }] },
    })
    expect(await user.client.auth.me.query()).toEqual(user.signedIn.user)
  })
})
