import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { followPath, readEvents } from '@tasklane/api/testing'
import { type FastifyInstance, fastify } from 'fastify'
import { expect, it } from 'vitest'
import { drainOnClose } from './drain.ts'
import { captureLog } from './fixtures/captured-log.ts'
import { openRaw } from './fixtures/raw-http.ts'
import { createTestServer } from './testing.ts'

const largeBytes = 30_000_000

interface Draining {
  app: FastifyInstance
  port: number
  /** Lets `/slow` answer. */
  release: () => void
}

async function serve(options?: { timeoutMilliseconds: number }): Promise<Draining> {
  const app = fastify({ return503OnClosing: false })
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  app.get('/quick', async () => 'quick')
  app.get('/slow', async () => {
    await released
    return 'slow'
  })
  app.get('/large', async () => 'x'.repeat(largeBytes))
  drainOnClose(app, options)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, port: Number(new URL(app.listeningOrigin).port), release }
}

/** Asks, and gives what has come back so far. */
function ask(socket: Socket, path: string): () => string {
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk
  })
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
  return () => answer
}

async function secondsToClose(app: FastifyInstance): Promise<number> {
  const startedAt = performance.now()
  await app.close()
  return (performance.now() - startedAt) / 1000
}

it('answers what runs, says that it is the last answer, and takes no new connection', async () => {
  const { app, port, release } = await serve()
  const socket = openRaw(port)
  const answer = ask(socket, '/slow')
  await once(app.server, 'request')
  const closed = app.close()
  await pause(50)
  const refused = openRaw(port)
  await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  release()
  await Promise.all([once(socket, 'end'), closed])
  expect(answer()).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  expect(answer()).toContain('connection: close')
  expect(answer()).toMatch(/\r\n\r\nslow$/)
})

it('sends an answer to its last byte, however slowly it is read', async () => {
  const { app, port } = await serve()
  const socket = openRaw(port)
  socket.pause()
  socket.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(app.server, 'request')
  await pause(100)
  const closed = app.close()
  await pause(700)
  let received = 0
  socket.on('data', (chunk) => {
    received += chunk.length
  })
  socket.resume()
  const readAt = performance.now()
  await Promise.all([once(socket, 'end'), closed])
  expect(performance.now() - readAt).toBeLessThan(5000)
  expect(received).toBeGreaterThan(largeBytes)
})

it.each([
  ['that waits for its next request', 'GET /quick HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['that never asked', ''],
  ['that stopped in the middle of its request', 'GET /quick HTTP/1.1\r\nho'],
])('does not wait for a connection %s', async (_what, sent) => {
  const { app, port } = await serve()
  const accepted = once(app.server, 'connection')
  const socket = openRaw(port)
  socket.write(sent)
  await accepted
  await pause(50)
  expect(await secondsToClose(app)).toBeLessThan(4)
  socket.destroy()
})

it('answers a request that is on the way when it closes', async () => {
  const { app, port } = await serve()
  const accepted = once(app.server, 'connection')
  const socket = openRaw(port)
  await accepted
  const closed = app.close()
  await pause(50)
  const answer = ask(socket, '/quick')
  await Promise.all([once(socket, 'end'), closed])
  expect(answer()).toMatch(/connection: close/i)
  expect(answer()).toMatch(/\r\n\r\nquick$/)
})

it('cuts off what does not end in time', async () => {
  const { app, port } = await serve({ timeoutMilliseconds: 200 })
  const socket = openRaw(port).on('error', () => {})
  ask(socket, '/slow')
  await once(app.server, 'request')
  expect(await secondsToClose(app)).toBeLessThan(4)
  socket.destroy()
})

it('closes an app that never listened', async () => {
  const app = fastify()
  drainOnClose(app)
  await app.ready()
  expect(await secondsToClose(app)).toBeLessThan(1)
})

it('tells every stream that the server is closing, and waits for none', async () => {
  const { log, entries } = captureLog()
  const server = await createTestServer({ log, settings: { changesPollMilliseconds: 3_600_000 } })
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const { signedIn } = await server.backend.signUp()
  const headers = { authorization: `Bearer ${signedIn.accessToken}` }
  const streams = await Promise.all(
    Array.from({ length: 20 }, async () => readEvents(await fetch(url + followPath(), { headers }))),
  )
  for (const stream of streams) await stream.page()
  expect(await secondsToClose(server.app)).toBeLessThan(4)
  for (const stream of streams) {
    expect(await stream.refusal()).toMatchObject({ reason: 'SERVER_CLOSING', retryAfterSeconds: 1 })
  }
  expect(entries().filter(({ level }) => Number(level) > 30)).toEqual([])
  expect(entries().filter(({ msg }) => msg === 'request')).toHaveLength(20)
  await server.backend.close()
})
