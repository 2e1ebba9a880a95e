import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf, trpcErrorOf } from './fixtures/answers.ts'
import { captureLog } from './fixtures/captured-log.ts'
import { jsonIn, openRaw, sendRaw } from './fixtures/raw-http.ts'
import { createTestServer, type TestServer } from './testing.ts'

const captured = captureLog()
let server: TestServer
let origin: string
let port: number

beforeAll(async () => {
  server = await createTestServer({ log: captured.log })
  origin = await server.app.listen({ host: '127.0.0.1', port: 0 })
  port = Number(new URL(origin).port)
})

afterAll(() => server.close())

function read(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ')))
  return { statusLine, headers, body: JSON.parse(jsonIn(body)) as unknown, length: Buffer.byteLength(body) }
}

const overflow = `x-large: ${'x'.repeat(17_000)}`

describe('what Node cannot read as HTTP is a problem', () => {
  it.each([
    [
      'headers of more than 16 kB',
      `GET /health HTTP/1.1\r\nhost: x\r\n${overflow}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'a path of more than 16 kB',
      `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    ['garbage', 'hello\r\n\r\n', 400, 'REQUEST_INVALID'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'REQUEST_INVALID'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'REQUEST_INVALID'],
    ['a made-up method', 'STEAL /health HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'REQUEST_INVALID'],
    ['a header without a name', 'GET /health HTTP/1.1\r\nhost: x\r\n: y\r\n\r\n', 400, 'REQUEST_INVALID'],
    [
      'a control character',
      'GET /health HTTP/1.1\r\nhost: x\r\nx-request-id: a\0b\r\n\r\n',
      400,
      'REQUEST_INVALID',
    ],
    [
      'two lengths, by which a request could be smuggled',
      'POST /health HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'REQUEST_INVALID',
    ],
  ])('%s', async (...[, bytes, status, code]) => {
    const { statusLine, headers, body, length } = read(await sendRaw(port, bytes))
    expect(statusLine).toMatch(new RegExp(`^HTTP/1.1 ${status} \\w`))
    expect(problemOf(body)).toMatchObject({ status, code })
    expect(headers).toEqual({
      connection: 'close',
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      'content-length': String(length),
    })
  })
})

it("at the tRPC door it comes in tRPC's envelope", async () => {
  const answer = read(await sendRaw(port, `GET /trpc/auth.me HTTP/1.1\r\nhost: x\r\n${overflow}\r\n\r\n`))
  expect(answer.statusLine).toBe('HTTP/1.1 431 Request Header Fields Too Large')
  expect(trpcErrorOf(answer.body).data.reason).toBe('HEADERS_TOO_LARGE')
})

describe('what Node would refuse by itself has our envelope and our headers', () => {
  const ours = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'content-security-policy': expect.any(String),
    connection: 'close',
  }

  it('a request without a host', async () => {
    const health = read(await sendRaw(port, 'GET /health HTTP/1.1\r\n\r\n'))
    expect(health.statusLine).toBe('HTTP/1.1 400 Bad Request')
    expect(problemOf(health.body)).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
    expect(health.headers).toMatchObject(ours)
    const trpc = read(await sendRaw(port, 'GET /trpc/auth.me HTTP/1.1\r\n\r\n'))
    expect(trpc.statusLine).toBe('HTTP/1.1 400 Bad Request')
    expect(trpcErrorOf(trpc.body).data.reason).toBe('REQUEST_INVALID')
    expect(trpc.headers).toMatchObject(ours)
  })

  it('but a request of HTTP/1.0 needs no host', async () => {
    expect(read(await sendRaw(port, 'GET /health HTTP/1.0\r\n\r\n')).statusLine).toBe('HTTP/1.1 200 OK')
  })

  it('an expectation that nobody knows, which is passed over', async () => {
    const head = 'host: x\r\nconnection: close\r\nexpect: 200-ok\r\n\r\n'
    const health = read(await sendRaw(port, `GET /health HTTP/1.1\r\n${head}`))
    expect(health).toMatchObject({ statusLine: 'HTTP/1.1 200 OK', headers: ours, body: { status: 'ok' } })
    const trpc = read(await sendRaw(port, `GET /trpc/auth.me HTTP/1.1\r\n${head}`))
    expect(trpc.statusLine).toBe('HTTP/1.1 401 Unauthorized')
    expect(trpcErrorOf(trpc.body).data.reason).toBe('AUTHENTICATION_REQUIRED')
    expect(trpc.headers).toMatchObject({ ...ours, 'www-authenticate': 'bearer realm="tasklane"' })
  })

  it('an expectation to be told to go on, which is met', async () => {
    const body = JSON.stringify({ json: { usernameOrEmail: 'a', password: 'b' } })
    const head = `content-type: application/json\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n`
    const answer = await sendRaw(
      port,
      `POST /trpc/auth.logIn HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${head}\r\n${body}`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 401 Unauthorized\r\n/)
    expect(answer).toContain('CREDENTIALS_INVALID')
  })
})

it('is never the answer to the request before it', async () => {
  expect(await sendRaw(port, 'GET /health HTTP/1.1\r\nhost: x\r\n\r\nhello\r\n\r\n')).not.toContain(
    'REQUEST_INVALID',
  )
})

it('a request that never ends is told that it took too long', async () => {
  const accepted = once(server.app.server, 'connection')
  const answer = sendRaw(port, 'POST /trpc/auth.logIn HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{')
  const [socket] = await accepted
  await once(server.app.server, 'request')
  const timeout = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
  server.app.server.emit('clientError', timeout, socket)
  expect(read(await answer)).toMatchObject({
    statusLine: 'HTTP/1.1 408 Request Timeout',
    body: { code: 'REQUEST_TIMEOUT' },
  })
})

it('a caller that does not hang up is hung up on', async () => {
  const socket = openRaw(port)
  socket.write('hello\r\n\r\n')
  socket.resume()
  await once(socket, 'end')
  const connections = () =>
    new Promise<number>((resolve) => server.app.server.getConnections((_error, count) => resolve(count)))
  await expect.poll(connections, { timeout: 2000 }).toBe(0)
  socket.destroy()
})

it('a caller that leaves while it sends is no fault of the database', async () => {
  captured.clear()
  const socket = openRaw(port).on('error', () => {})
  const head = 'host: x\r\ncontent-type: application/json\r\ncontent-length: 9'
  socket.write(`POST /trpc/auth.logIn HTTP/1.1\r\n${head}\r\n\r\n{`)
  await once(server.app.server, 'request')
  socket.resetAndDestroy()
  await expect.poll(captured.entries).toContainEqual(expect.objectContaining({ msg: 'request refused' }))
  expect(captured.entries().filter(({ level }) => Number(level) > 30)).toEqual([])
  expect(captured.text()).not.toContain('DATABASE_UNAVAILABLE')
})

it('the server survives 200 of them at once, and callers that leave in the middle', async () => {
  const broken = Array.from({ length: 200 }, async (_, index) => {
    const socket = openRaw(port).on('error', () => {})
    socket.write(
      index % 2 ? 'hello\r\n\r\n' : 'POST /trpc/auth.logIn HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{',
    )
    await pause(20)
    socket.resetAndDestroy()
  })
  await Promise.all(broken)
  expect((await fetch(`${origin}/health`)).status).toBe(200)
})
