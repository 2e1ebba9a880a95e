import { createSystemContext, recheckSeconds, setUser, type UserSetting } from '@tasklane/api'
import { createClient } from '@tasklane/client'
import { tables } from '@tasklane/db'
import { createTestServer, type TestServer } from '@tasklane/server/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeSet } from './set-user-program.ts'

let server: TestServer

beforeAll(async () => {
  server = await createTestServer()
})
afterAll(() => server.close())

const set = (setting: UserSetting) => setUser(createSystemContext(server.backend.dependencies), setting)

async function eventsOf(userId: string) {
  const events = await server.backend.database.db.select().from(tables.authEvents)
  return events.filter((event) => event.userId === userId && event.eventType !== 'sign_up')
}

async function newUser() {
  const { email, password, signedIn, client } = await server.backend.signUp()
  const { user, refreshToken } = signedIn
  return { id: user.id, email, password, refreshToken, client }
}

const anonymous = () => createClient({ url: 'http://tasklane.test', fetch: server.fetch })

it('makes an administrator, and takes it back, each with an event', async () => {
  const { id, email, client } = await newUser()
  const report = () => client.security.suspicious.query({})
  await expect(report()).rejects.toMatchObject({ data: { reason: 'ADMIN_REQUIRED' } })

  const promoted = await set({ user: { email }, role: 'admin' })
  expect(promoted).toMatchObject({
    before: { id, role: 'user' },
    after: { id, role: 'admin', isActive: true },
  })
  await expect(report()).resolves.toMatchObject({ byAddress: [] })

  await set({ user: { id }, role: 'user' })
  await expect(report()).rejects.toMatchObject({ data: { reason: 'ADMIN_REQUIRED' } })
  const event = {
    eventType: 'role_change',
    success: true,
    ipAddress: null,
    userAgent: null,
    identifierHash: null,
  }
  expect(await eventsOf(id)).toMatchObject([event, event])
})

it('deactivates: no log-in, no refresh, and no access within a minute on a running server', async () => {
  const { id, email, password, refreshToken, client } = await newUser()
  await anonymous().auth.logIn.mutate({ usernameOrEmail: email, password })
  expect(await client.auth.me.query()).toMatchObject({ id })

  await set({ user: { email }, isActive: false })
  await expect(anonymous().auth.refresh.mutate({ refreshToken })).rejects.toMatchObject({
    data: { reason: 'REFRESH_TOKEN_INVALID' },
  })
  await expect(anonymous().auth.logIn.mutate({ usernameOrEmail: email, password })).rejects.toMatchObject({
    data: { reason: 'CREDENTIALS_INVALID' },
  })
  server.backend.advanceSeconds(recheckSeconds)
  await expect(client.auth.me.query()).rejects.toMatchObject({ data: { reason: 'TOKEN_INVALID' } })

  const sessions = await server.backend.database.db.select().from(tables.sessions)
  const own = sessions.filter(({ userId }) => userId === id)
  expect(own).toHaveLength(2)
  for (const { revokedAt } of own) expect(revokedAt).toBeInstanceOf(Date)
})

it('lets a user in again who was deactivated, but not by an old session', async () => {
  const { id, email, password, refreshToken } = await newUser()
  await set({ user: { id }, isActive: false })
  await set({ user: { id }, isActive: true })
  expect(await eventsOf(id)).toMatchObject([{ eventType: 'user_deactivate' }, { eventType: 'user_activate' }])
  await expect(anonymous().auth.refresh.mutate({ refreshToken })).rejects.toThrow()
  expect(await anonymous().auth.logIn.mutate({ usernameOrEmail: email, password })).toMatchObject({
    user: { id },
  })
})

it('sets both at once, and leaves other users and their sessions alone', async () => {
  const other = await newUser()
  const { id } = await newUser()
  await set({ user: { id }, role: 'admin', isActive: false })
  expect((await eventsOf(id)).map(({ eventType }) => eventType).sort()).toEqual([
    'role_change',
    'user_deactivate',
  ])
  expect(await eventsOf(other.id)).toEqual([])
  expect(await anonymous().auth.refresh.mutate({ refreshToken: other.refreshToken })).toMatchObject({
    tokenType: 'Bearer',
  })
})

it('changes nothing and writes no event when all is as it was told', async () => {
  const { id, refreshToken } = await newUser()
  const same = await set({ user: { id }, role: 'user', isActive: true })
  expect(same?.before).toEqual(same?.after)
  expect(await eventsOf(id)).toEqual([])
  await expect(anonymous().auth.refresh.mutate({ refreshToken })).resolves.toMatchObject({
    tokenType: 'Bearer',
  })
})

it('takes all back when a part of it fails', async () => {
  const { id } = await newUser()
  const context = { ...createSystemContext(server.backend.dependencies), newId: () => 'not an id' }
  await expect(setUser(context, { user: { id }, isActive: false })).rejects.toThrow()
  const again = await set({ user: { id } })
  expect(again?.before).toMatchObject({ isActive: true })
})

it('finds nobody under a name that no user has', async () => {
  expect(await set({ user: { email: 'nobody@example.com' }, role: 'admin' })).toBeUndefined()
  expect(await set({ user: { username: 'nobody' }, role: 'admin' })).toBeUndefined()
  expect(await set({ user: { id: '00000000-0000-4000-8000-000000000000' }, role: 'admin' })).toBeUndefined()
})

it('says what was and what is now', () => {
  const before = { id: 'an-id', email: 'a@b.c', username: 'ada', role: 'user', isActive: true } as const
  const after = { ...before, role: 'admin', isActive: false } as const
  expect(describeSet({ before, after })).toBe(`Changed a@b.c, ada, an-id:
  role    user → admin
  active  true → false
Every session is ended. A running server notices within 60 seconds, or 120 for tokens of another issuer.`)
  expect(describeSet({ before: after, after: { ...after, isActive: true } })).toBe(`Changed a@b.c, ada, an-id:
  active  false → true`)
  const nameless = { ...before, email: null, username: null }
  expect(describeSet({ before: nameless, after: nameless })).toBe(`Nothing changed for (no name), an-id:
  role    user
  active  true`)
})
