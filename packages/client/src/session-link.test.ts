import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from './create-client.ts'
import { reasonOf } from './errors.ts'
import { createSetting, createSignedInSetting, newAccount, password, storedIn } from './fixtures/client.ts'
import { createGate } from './fixtures/gate.ts'
import { memoryStore } from './memory-store.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

it('starts the session by a sign-up and calls with its access token from then on', async () => {
  const { backend, client, store } = createSetting(database)
  const { user, accessToken, refreshToken } = await client.auth.signUp.mutate(newAccount())
  expect(await store.get()).toEqual({ userId: user.id, accessToken, refreshToken })

  await client.tasks.list.query()
  expect(backend.sent.at(-1)).toMatchObject({
    paths: ['tasks.list'],
    authorization: `Bearer ${accessToken}`,
  })
})

it('starts the session by a log-in, in the place of the one before', async () => {
  const { client, email, store, session } = await createSignedInSetting(database)
  const { user, accessToken, refreshToken } = await client.auth.logIn.mutate({
    usernameOrEmail: email,
    password,
  })
  expect(await store.get()).toEqual({ userId: user.id, accessToken, refreshToken })
  expect(accessToken).not.toBe(session.accessToken)
})

it('sends no access token with a sign-up, a log-in or a refresh', async () => {
  const { backend, client, email, session } = await createSignedInSetting(database)
  await client.auth.refresh.mutate({ refreshToken: session.refreshToken })
  await client.auth.logIn.mutate({ usernameOrEmail: email, password })
  await client.auth.signUp.mutate(newAccount())
  expect(backend.sent.map(({ authorization }) => authorization)).toEqual([null, null, null])
})

it('keeps the session and does not refresh it when a log-in is refused', async () => {
  const { backend, client, email, store, session } = await createSignedInSetting(database)
  const refused = client.auth.logIn.mutate({ usernameOrEmail: email, password: 'Wrong1Horse' })
  expect(reasonOf(await refused.catch((error) => error))).toBe('CREDENTIALS_INVALID')
  expect(backend.sent.flatMap(({ paths }) => paths)).toEqual(['auth.logIn'])
  expect(await store.get()).toEqual(session)
})

it('goes on with the tokens of a refresh that was asked for', async () => {
  const { client, store, session } = await createSignedInSetting(database)
  const tokens = await client.auth.refresh.mutate({ refreshToken: session.refreshToken })
  expect(await store.get()).toEqual({
    userId: session.userId,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
  })
})

it('ends the session by a log-out, here and on the server', async () => {
  const { backend, client, store, session } = await createSignedInSetting(database)
  await client.auth.logOut.mutate()
  expect(await store.get()).toBeUndefined()

  const other = createClient({ url: 'http://server.test', fetch: backend.fetch, session: memoryStore() })
  const refused = other.auth.refresh.mutate({ refreshToken: session.refreshToken })
  expect(reasonOf(await refused.catch((error) => error))).toBe('REFRESH_TOKEN_INVALID')
})

it('ends the session by a log-out everywhere', async () => {
  const { client, store } = await createSignedInSetting(database)
  expect(await client.auth.logOutEverywhere.mutate()).toMatchObject({ sessions: 1 })
  expect(await store.get()).toBeUndefined()
})

it('ends the session with the account, and not when the account stays', async () => {
  const { client, store, session } = await createSignedInSetting(database)
  const refused = client.auth.deleteAccount.mutate({ currentPassword: 'Wrong-Horse-1' })
  expect(reasonOf(await refused.catch((error) => error))).toBe('PASSWORD_WRONG')
  expect(await store.get()).toEqual(session)
  await client.auth.deleteAccount.mutate({ currentPassword: password })
  expect(await store.get()).toBeUndefined()
})

it('does not take a wrong current password for a session that is over', async () => {
  const { backend, client, store, session } = await createSignedInSetting(database)
  const change = { currentPassword: 'Wrong-Horse-1', newPassword: 'Correct2Horse' }
  const refused = client.auth.changePassword.mutate(change)
  expect(reasonOf(await refused.catch((error) => error))).toBe('PASSWORD_WRONG')
  expect(backend.calls('auth.refresh')).toBe(0)
  expect(await store.get()).toEqual(session)
})

it('keeps two clients signed in that share a store and refresh at once', async () => {
  const { backend, client, store } = await createSignedInSetting(database)
  const other = createClient({ url: 'http://server.test', fetch: backend.fetch, session: store })
  backend.advanceClock(1000)
  const bothRefresh = createGate()
  backend.between = async ({ paths }, forward) => {
    if (paths[0] === 'auth.refresh') {
      if (backend.calls('auth.refresh') === 2) bothRefresh.open()
      await bothRefresh.opened
    }
    return await forward()
  }
  await Promise.all([client.tasks.list.query(), other.tasks.list.query()])
  backend.between = (_request, forward) => forward()
  backend.advanceClock(1000)
  expect(await client.tasks.list.query()).toMatchObject({ total: 0 })
  expect(await other.tasks.list.query()).toMatchObject({ total: 0 })
})

it('logs out with an expired access token by refreshing first', async () => {
  const { backend, client, store } = await createSignedInSetting(database)
  backend.advanceClock(1000)
  await client.auth.logOut.mutate()
  expect(backend.sent.map(({ paths }) => paths[0])).toEqual(['auth.logOut', 'auth.refresh', 'auth.logOut'])
  expect(await store.get()).toBeUndefined()
})

it('rejects a log-out that did not reach the server and keeps the session', async () => {
  const { backend, client, store, session } = await createSignedInSetting(database)
  backend.between = () => Promise.reject(new TypeError('fetch failed'))
  await expect(client.auth.logOut.mutate()).rejects.toThrow('fetch failed')
  expect(await store.get()).toEqual(session)
})

it('keeps the session when a log-out could not be repeated for want of a refresh', async () => {
  const { backend, client, store, session } = await createSignedInSetting(database)
  backend.advanceClock(1000)
  backend.between = ({ paths }, forward) =>
    paths[0] === 'auth.refresh' ? Promise.reject(new TypeError('fetch failed')) : forward()
  await expect(client.auth.logOut.mutate()).rejects.toThrow('fetch failed')
  expect(await store.get()).toEqual(session)
})

it('ends the session by a log-out that the server refuses because the session is over', async () => {
  const { backend, client, store, session } = await createSignedInSetting(database)
  const elsewhere = memoryStore()
  await elsewhere.set(session)
  const other = createClient({ url: 'http://server.test', fetch: backend.fetch, session: elsewhere })
  await other.auth.logOut.mutate()

  const refused = client.auth.logOut.mutate()
  expect(reasonOf(await refused.catch((error) => error))).toBe('TOKEN_INVALID')
  expect(await store.get()).toBeUndefined()
})

it('ends the session by a log-out whose refreshed token is refused too', async () => {
  const { backend, client, store } = await createSignedInSetting(database)
  backend.between = async ({ paths }, forward) => {
    if (paths[0] === 'auth.logOut') backend.advanceClock(1000)
    return await forward()
  }
  const refused = client.auth.logOut.mutate()
  expect(reasonOf(await refused.catch((error) => error))).toBe('TOKEN_EXPIRED')
  expect(backend.calls('auth.logOut')).toBe(2)
  expect(await store.get()).toBeUndefined()
})

it('leaves the session of a user who signs in while another logs out', async () => {
  const { backend, client, store } = await createSignedInSetting(database)
  const loggedOut = createGate()
  backend.between = async ({ paths }, forward) => {
    const answer = await forward()
    if (paths[0] === 'auth.logOut') await loggedOut.opened
    return answer
  }
  const loggingOut = client.auth.logOut.mutate()
  const { user } = await client.auth.signUp.mutate(newAccount())
  loggedOut.open()
  await loggingOut
  expect(await storedIn(store)).toMatchObject({ userId: user.id })
})
