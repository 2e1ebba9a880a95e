import { testPassword } from '@tasklane/api/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expectNothingInner, trpcErrorOf } from '../fixtures/answers.ts'
import { captureLog } from '../fixtures/captured-log.ts'
import { post } from '../fixtures/refused.ts'
import { createTestServer, type TestServer } from '../testing.ts'

const captured = captureLog()
let server: TestServer
let authorization: string

beforeAll(async () => {
  server = await createTestServer({ log: captured.log })
  const { signedIn } = await server.backend.signUp()
  authorization = `Bearer ${signedIn.accessToken}`
})

afterAll(() => server.close())

beforeEach(() => captured.clear())

/** Everything that was written, wherever to. */
const logged = () => captured.text() + JSON.stringify(server.backend.log)

const send = (path: string, json: object) => server.app.inject(post(path, { json }, { authorization }))

/** Breaks the database, for as long as the work lasts. */
async function whileBroken(statement: string, repair: string, work: () => Promise<void>): Promise<void> {
  const { db } = server.backend.database
  await db.execute(statement)
  await work().finally(() => db.execute(repair))
}

const whileTasksAreGone = (work: () => Promise<void>) =>
  whileBroken('alter table tasks rename to gone', 'alter table gone rename to tasks', work)

const generic = {
  message: 'Something went wrong on our side',
  code: -32603,
  data: { code: 'INTERNAL_SERVER_ERROR', httpStatus: 500, reason: 'INTERNAL' },
}

describe('when a statement fails', () => {
  it('the caller learns that it did, and nothing else', () =>
    whileTasksAreGone(async () => {
      const list = await server.app.inject({ url: '/trpc/tasks.list', headers: { authorization } })
      const create = await send('tasks.create', { title: 'Plain' })
      for (const [res, path] of [
        [list, 'tasks.list'],
        [create, 'tasks.create'],
      ] as const) {
        expect(res.statusCode).toBe(500)
        expect(trpcErrorOf(res.json())).toEqual({ ...generic, data: { ...generic.data, path } })
        expectNothingInner(res.body)
        expect(res.headers['cache-control']).toBe('no-store')
      }
    }))

  it('a streamed batch tells as little', () =>
    whileTasksAreGone(async () => {
      const headers = { authorization, 'trpc-accept': 'application/jsonl' }
      const res = await server.app.inject({ url: '/trpc/auth.me,tasks.list?batch=1', headers })
      expect(res.body).toContain(generic.message)
      expect(res.body).toContain('user-1@example.com')
      expectNothingInner(res.body)
    }))

  it('the log has the statement and what PostgreSQL said, without a value', () =>
    whileTasksAreGone(async () => {
      const values = {
        title: 'Distinctive-title',
        description: 'Distinctive-text',
        tags: ['distinctive-tag'],
      }
      await send('tasks.create', values)
      const failures = captured.entries().filter(({ level }) => level === 50)
      expect(failures).toEqual([
        expect.objectContaining({
          msg: 'call failed',
          reason: 'INTERNAL',
          procedure: 'tasks.create',
          error: expect.objectContaining({
            query: expect.stringMatching(/^insert into "tasks"/),
            cause: expect.objectContaining({ code: '42P01', message: 'relation "tasks" does not exist' }),
          }),
        }),
      ])
      expect(logged()).not.toMatch(/distinctive/i)
    }))

  it('the log has no value that PostgreSQL quotes in its refusal of a row', () =>
    whileBroken(
      `alter table tasks add constraint no_secrets check (title not like 'Secret%')`,
      'alter table tasks drop constraint no_secrets',
      async () => {
        const res = await send('tasks.create', { title: 'Secret-title', description: 'Secret-text' })
        expect(trpcErrorOf(res.json()).data.reason).toBe('INTERNAL')
        expectNothingInner(res.body)
        expect(captured.text()).toContain('no_secrets')
        expect(logged()).not.toMatch(/secret-/i)
      },
    ))

  it('the log has no password, no hash and no address of who signs up', () =>
    whileBroken('alter table sessions rename to gone', 'alter table gone rename to sessions', async () => {
      const account = {
        email: 'distinctive@example.com',
        password: 'Remarkable-Horse-1',
        name: 'Distinctive',
      }
      const res = await send('auth.signUp', account)
      expect(trpcErrorOf(res.json())).toMatchObject({ message: generic.message })
      expectNothingInner(res.body)
      expect(captured.text()).toContain('insert into \\"sessions\\"')
      expect(logged()).not.toMatch(/distinctive|remarkable|argon2/i)
    }))

  it('the next one works', async () => {
    expect((await send('tasks.create', { title: 'After all' })).statusCode).toBe(200)
  })
})

it('logging in logs who failed from where, but no password, token, hash or name', async () => {
  const usernameOrEmail = 'user-1@example.com'
  const wrong = await send('auth.logIn', { usernameOrEmail, password: 'Distinctive-Wrong-1' })
  expect(trpcErrorOf(wrong.json()).data.reason).toBe('CREDENTIALS_INVALID')
  expect(captured.entries()).toContainEqual(
    expect.objectContaining({
      event: 'log_in_failed',
      reason: 'WRONG_PASSWORD',
      ipAddress: '127.0.0.1',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      reqId: wrong.headers['x-request-id'],
    }),
  )
  const right = await send('auth.logIn', { usernameOrEmail, password: testPassword })
  const { accessToken, refreshToken } = right.json<SignedInAnswer>().result.data.json
  const refreshed = await send('auth.refresh', { refreshToken })
  const next = refreshed.json<SignedInAnswer>().result.data.json
  const text = logged()
  expect(text.length).toBeGreaterThan(500)
  for (const secret of [testPassword, 'Distinctive-Wrong-1', usernameOrEmail, accessToken, refreshToken]) {
    expect(text).not.toContain(secret)
  }
  for (const token of [next.accessToken, next.refreshToken]) expect(text).not.toContain(token)
  expect(text).not.toMatch(/argon2|eyJ|Bearer/)
})

interface SignedInAnswer {
  result: { data: { json: { accessToken: string; refreshToken: string } } }
}

it('a request is logged without its query, which may hold an input', async () => {
  const input = encodeURIComponent(JSON.stringify({ json: { id: 'distinctive' } }))
  await server.app.inject({ url: `/trpc/tasks.get?input=${input}`, headers: { authorization } })
  await server.app.inject({ url: `/distinct?input=${input}` })
  expect(captured.entries().map(({ msg, path }) => [msg, path])).toEqual([
    ['call refused', undefined],
    ['request', '/trpc/tasks.get'],
    ['request refused', undefined],
    ['request', '/distinct'],
  ])
  expect(captured.text()).not.toContain('distinctive')
})
