import { once } from 'node:events'
import { createTestBackend, type TestBackend } from '@tasklane/api/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildApp } from '../app.ts'
import { isDatabaseReady } from '../backend.ts'
import { openRaw } from '../fixtures/raw-http.ts'

let backend: TestBackend

beforeAll(async () => {
  backend = await createTestBackend()
})

afterAll(() => backend.close())

function createApp() {
  const { database, dependencies } = backend
  return buildApp({ dependencies, isReady: () => isDatabaseReady(database, dependencies.log) })
}

it('says that the process runs and can do its work', async () => {
  const app = await createApp()
  const live = await app.inject('/health')
  expect([live.statusCode, live.json()]).toEqual([200, { status: 'ok' }])
  const ready = await app.inject('/health/ready')
  expect([ready.statusCode, ready.json()]).toEqual([200, { status: 'ready' }])
})

it('says that the process closes to whoever still asks', async () => {
  const app = await createApp()
  await app.listen({ host: '127.0.0.1', port: 0 })
  const accepted = once(app.server, 'connection')
  const socket = openRaw(Number(new URL(app.listeningOrigin).port))
  await accepted
  const closed = app.close()
  socket.write('GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n/)
  expect(String(answer)).toContain('retry-after: 5')
  expect(String(answer)).toContain('{"status":"unavailable"}')
  await closed
})

it('says that the database lacks a migration', async () => {
  const app = await createApp()
  const newest = 'select max(id) from drizzle.__drizzle_migrations'
  await backend.database.db.execute(`delete from drizzle.__drizzle_migrations where id = (${newest})`)
  expect((await app.inject('/health/ready')).statusCode).toBe(503)
})
