import { tables } from '@tasklane/db'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../testing.ts'
import { recheckSeconds } from './guard.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

const refusal = (reason: string) => ({ data: { code: 'UNAUTHORIZED', httpStatus: 401, reason } })
const { sessions, users } = tables

it.each([undefined, ''])('asks for a token where there is none, and logs that once: %j', async (header) => {
  backend.log.length = 0
  const client = backend.client(header)
  await Promise.all(
    [client.auth.me.query(), client.tasks.list.query()].map((call) =>
      expect(call).rejects.toMatchObject({
        message: 'Authentication required',
        ...refusal('AUTHENTICATION_REQUIRED'),
      }),
    ),
  )
  expect(backend.log).toMatchObject([{ details: { reason: 'AUTHENTICATION_REQUIRED' } }])
})

it('lets a public procedure be called with a bad token', async () => {
  const logIn = { usernameOrEmail: user.email, password: user.password }
  const client = backend.client('Bearer nonsense')
  expect(await client.auth.logIn.mutate(logIn)).toMatchObject({ tokenType: 'Bearer' })
})

describe('in the steady state', () => {
  it('a signed-in call is one statement, its own', async () => {
    const { id } = await user.client.tasks.create.mutate({ title: 'x' })
    backend.statements.length = 0
    for (let call = 0; call < 5; call++) await user.client.tasks.get.query({ id })
    expect(backend.statements).toHaveLength(5)
    for (const statement of backend.statements) expect(statement).toContain('from "tasks"')
  })

  it('a token that another process made is looked up once', async () => {
    const { id } = await user.client.tasks.create.mutate({ title: 'x' })
    // A guard that has not seen the token: its minute is over.
    backend.advanceSeconds(recheckSeconds)
    backend.statements.length = 0
    for (let call = 0; call < 5; call++) await user.client.tasks.get.query({ id })
    expect(backend.statements).toHaveLength(6)
    expect(backend.statements[0]).toContain('from "sessions"')
  })
})

it('ends with its session, however long the token would live', async () => {
  const endsAt = new Date(backend.dependencies.now().getTime() + 300_000)
  await backend.database.db.update(sessions).set({ endsAt }).where(eq(sessions.userId, user.signedIn.user.id))
  expect(await user.client.auth.me.query()).toMatchObject({ email: user.email })
  backend.advanceSeconds(300)
  await expect(user.client.auth.me.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
})

describe('what happened elsewhere', () => {
  it.each([
    [
      'a session that another process ended',
      () =>
        backend.database.db
          .update(sessions)
          .set({ revokedAt: new Date() })
          .where(eq(sessions.userId, user.signedIn.user.id)),
    ],
    [
      'a user whom another process deactivated',
      () => backend.database.db.update(users).set({ isActive: false }).where(eq(users.email, user.email)),
    ],
    [
      'a user whom another process deleted',
      () => backend.database.db.delete(users).where(eq(users.email, user.email)),
    ],
  ])('is noticed within a minute: %s', async (_what, change) => {
    expect(await user.client.tasks.list.query()).toMatchObject({ total: 0 })
    await change()
    backend.advanceSeconds(recheckSeconds)
    await expect(user.client.tasks.list.query()).rejects.toMatchObject(refusal('TOKEN_INVALID'))
  })
})
