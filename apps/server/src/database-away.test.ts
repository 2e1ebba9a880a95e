import { createDependencies } from '@tasklane/api'
import { followPath, readEvents, testSettings } from '@tasklane/api/testing'
import { connect, type Database } from '@tasklane/db'
import { createServerTestDatabase } from '@tasklane/db/testing'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it, type TestContext } from 'vitest'
import { buildApp } from './app.ts'
import { isDatabaseReady } from './backend.ts'
import { expectNothingInner, trpcErrorOf } from './fixtures/answers.ts'
import { captureLog } from './fixtures/captured-log.ts'
import { requirePostgres } from './fixtures/postgres.ts'
import { post } from './fixtures/refused.ts'
import { createTcpProxy, type TcpProxy } from './fixtures/tcp-proxy.ts'

const captured = captureLog()
const { log } = captured
const toClose: { close(): Promise<unknown> }[] = []

afterEach(async () => {
  for (const open of toClose.splice(0).reverse()) await open.close()
  captured.clear()
})

async function serve(url: string): Promise<FastifyInstance> {
  const database: Database = await connect({ url, connectionsMax: 3, connectTimeoutSeconds: 3 })
  const settings = { ...testSettings, changesPollMilliseconds: 20 }
  const dependencies = createDependencies({ db: database.db, log, settings })
  const app = await buildApp({ dependencies, isReady: () => isDatabaseReady(database, log), log })
  toClose.push(database, app)
  return app
}

const logIn = post('auth.logIn', {
  json: { usernameOrEmail: 'distinctive@example.com', password: 'Distinctive-1' },
})
const unavailable = {
  message: 'The database cannot be reached. Try again in a moment',
  data: {
    code: 'SERVICE_UNAVAILABLE',
    httpStatus: 503,
    reason: 'DATABASE_UNAVAILABLE',
    retryAfterSeconds: 5,
  },
}

describe('a server whose database refuses connections', () => {
  const refusing = 'postgres://postgres:distinctive@127.0.0.1:1/tasks'

  it('answers DATABASE_UNAVAILABLE and when to come back', async () => {
    const app = await serve(refusing)
    const res = await app.inject(logIn)
    expect(res.statusCode).toBe(503)
    expect(trpcErrorOf(res.json())).toMatchObject(unavailable)
    expect(res.headers['retry-after']).toBe('5')
    expectNothingInner(res.body)
  })

  it('answers so to each call of a batch', async () => {
    const app = await serve(refusing)
    const calls = { 0: { json: { refreshToken: 'x' } }, 1: { json: { usernameOrEmail: 'a', password: 'b' } } }
    const res = await app.inject(post('auth.refresh,auth.logIn?batch=1', calls))
    expect(res.statusCode).toBe(207)
    expect(res.json<unknown[]>().map((each) => trpcErrorOf(each).data.reason)).toEqual([
      'REFRESH_TOKEN_INVALID',
      'DATABASE_UNAVAILABLE',
    ])
    expect(res.headers['retry-after']).toBe('5')
  })

  it('is alive but not ready', async () => {
    const app = await serve(refusing)
    expect((await app.inject('/health')).statusCode).toBe(200)
    const ready = await app.inject('/health/ready')
    expect(ready.statusCode).toBe(503)
    expect(ready.json()).toEqual({ status: 'unavailable' })
    expect(ready.headers['retry-after']).toBe('5')
  })

  it('logs why, and no value', async () => {
    const app = await serve(refusing)
    await app.inject(logIn)
    await app.inject('/health/ready')
    const [failed, notReady] = captured.entries().filter(({ level }) => Number(level) > 30)
    expect(failed).toMatchObject({
      msg: 'call failed',
      reason: 'DATABASE_UNAVAILABLE',
      procedure: 'auth.logIn',
    })
    expect(notReady).toMatchObject({ msg: 'not ready' })
    expect(captured.text()).toContain('ECONNREFUSED')
    expect(captured.text()).not.toMatch(/distinctive/i)
  })
})

/** A server whose database can be taken away from it. */
async function serveThroughProxy(context: TestContext): Promise<{ app: FastifyInstance; proxy: TcpProxy }> {
  const serverUrl = new URL(await requirePostgres(context))
  const own = await createServerTestDatabase(serverUrl.href)
  toClose.push(own)
  const proxy = await createTcpProxy({ host: serverUrl.hostname, port: Number(serverUrl.port || 5432) })
  toClose.push({ close: () => proxy.cut() })
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${proxy.port}`
  url.pathname = `/${own.client.options.database}`
  return { app: await serve(url.href), proxy }
}

it('recovers without a restart when the database comes back', async (context) => {
  const { app, proxy } = await serveThroughProxy(context)
  const statusOf = async (path = '/health/ready') => (await app.inject(path)).statusCode

  const account = { email: 'a@example.com', password: 'Correct-Horse-1' }
  const signedUp = await app.inject(post('auth.signUp', { json: account }))
  expect(signedUp.statusCode).toBe(200)
  expect(await statusOf()).toBe(200)

  await proxy.cut()
  const startedAt = performance.now()
  const away = await Promise.all(Array.from({ length: 30 }, () => app.inject(logIn)))
  expect(new Set(away.map(({ statusCode }) => statusCode))).toEqual(new Set([503]))
  expect(performance.now() - startedAt).toBeLessThan(5000)
  expect(await statusOf()).toBe(503)
  expect(await statusOf('/health')).toBe(200)

  await proxy.restore()
  await expect.poll(() => statusOf(), { timeout: 5000 }).toBe(200)
  const { email: usernameOrEmail, password } = account
  const loggedIn = await app.inject(post('auth.logIn', { json: { usernameOrEmail, password } }))
  expect(loggedIn.statusCode).toBe(200)
})

it('ends a stream of changes, and says why', async (context) => {
  const { app, proxy } = await serveThroughProxy(context)
  const json = { email: 'a@example.com', password: 'Correct-Horse-1' }
  const signedUp = await app.inject(post('auth.signUp', { json }))
  const { accessToken } = signedUp.json<{ result: { data: { json: { accessToken: string } } } }>().result.data
    .json
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const headers = { authorization: `Bearer ${accessToken}` }
  const stream = readEvents(await fetch(url + followPath(), { headers }))
  await stream.page()
  await proxy.cut()
  expect(await stream.refusal()).toMatchObject(unavailable.data)
  expect(captured.entries()).toContainEqual(
    expect.objectContaining({
      msg: 'call failed',
      reason: 'DATABASE_UNAVAILABLE',
      procedure: 'tasks.onChange',
    }),
  )
})
