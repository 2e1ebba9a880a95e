import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import {
  countStreams,
  type EventStream,
  followPath,
  type OpenStreams,
  readEvents,
  type TestUser,
} from '@tasklane/api/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { trpcErrorOf } from '../fixtures/answers.ts'
import { captureLog } from '../fixtures/captured-log.ts'
import { queryRows } from '../fixtures/rows.ts'
import { createTestServer, type TestServer } from '../testing.ts'

const origin = 'https://app.example.com'
const captured = captureLog()
let server: TestServer
let streams: OpenStreams
let url: string
let owner: TestUser
let authorization: string

beforeAll(async () => {
  server = await createTestServer({
    log: captured.log,
    corsOrigins: [origin],
    settings: { changesPollMilliseconds: 3_600_000 },
  })
  streams = countStreams(server.backend.dependencies)
  url = await server.app.listen({ host: '127.0.0.1', port: 0 })
})
beforeEach(async () => {
  owner = await server.backend.signUp()
  authorization = `Bearer ${owner.signedIn.accessToken}`
  await streams.until(0)
  captured.clear()
})
afterAll(() => server.close())

interface Fill {
  of: TestUser
  descriptionLength?: number
}

interface Follow {
  input?: object
  headers?: Record<string, string>
  signal?: AbortSignal
}

async function follow({ input, headers, signal }: Follow = {}): Promise<EventStream> {
  const all = { authorization, ...headers }
  return readEvents(await fetch(url + followPath(input), { headers: all, ...(signal && { signal }) }))
}

async function followFromNow(options: Follow = {}): Promise<EventStream> {
  const stream = await follow(options)
  await stream.page()
  return stream
}

const create = (title = 'Task') => owner.client.tasks.create.mutate({ title })

/** The lines once the one of the access is there, which comes after the answer. */
async function logOfStream(): Promise<Record<string, unknown>[]> {
  await expect.poll(() => captured.entries().some(({ msg }) => msg === 'request')).toBe(true)
  return captured.entries().map(({ time: _time, reqId: _reqId, ...line }) => line)
}

const requestLine = {
  level: 30,
  method: 'GET',
  path: '/trpc/tasks.onChange',
  statusCode: 200,
  milliseconds: expect.any(Number),
  msg: 'request',
}

describe('a stream over HTTP', () => {
  it('tells what comes as it comes, to be kept by nobody and held back by nobody', async () => {
    const stream = await followFromNow({ headers: { origin } })
    expect(stream.response.status).toBe(200)
    const headers = Object.fromEntries(stream.response.headers)
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
      'transfer-encoding': 'chunked',
    })
    expect(headers['cache-control']?.split(', ')).toEqual(
      expect.arrayContaining(['no-store', 'no-transform']),
    )
    expect(headers['vary']?.toLowerCase().split(', ')).toContain('origin')
    for (let seq = 1; seq <= 3; seq++) {
      const task = await create()
      expect((await stream.page()).changes).toEqual([{ seq, type: 'upsert', task }])
    }
  })

  it('is for the pages of our origins', async () => {
    const { response } = await follow({ headers: { origin: 'https://evil.example.com' } })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    const preflight = await fetch(url + followPath(), {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization,last-event-id',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    expect(preflight.headers.get('access-control-allow-headers')?.split(', ')).toEqual(
      expect.arrayContaining(['authorization', 'last-event-id']),
    )
  })

  it('goes on after the last event that its reader had', async () => {
    for (let index = 0; index < 3; index++) await create()
    const stream = await follow({ input: { since: 0 }, headers: { 'last-event-id': '2' } })
    expect((await stream.page()).changes).toMatchObject([{ seq: 3 }])
  })

  it('may be asked for by POST, so that its input is in no URL', async () => {
    await create()
    const response = await fetch(`${url}/trpc/tasks.onChange`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ json: { since: 0 } }),
    })
    const stream = readEvents(response)
    expect((await stream.page()).changes).toHaveLength(1)
    await create()
    expect((await stream.page()).changes).toHaveLength(1)
    await stream.leave()
    await streams.until(0)
  })

  it.each(['HEAD', 'PUT', 'DELETE', 'PATCH'])('is not opened by %s', async (method) => {
    const response = await fetch(url + followPath(), { method, headers: { authorization } })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, POST')
    expect(streams.subscriptions).toBe(0)
  })

  const path = 'tasks.onChange'
  it.each([
    { what: 'alone', paths: path, reason: 'REQUEST_INVALID' },
    { what: 'with another', paths: `${path},${path}`, reason: 'REQUEST_INVALID' },
    { what: 'with a query', paths: `tasks.changes,${path}`, reason: 'BATCH_MIXED' },
    { what: 'that is streamed', paths: path, reason: 'REQUEST_INVALID', isStreamed: true },
  ])('is no part of a batch, $what', async ({ paths, reason, isStreamed }) => {
    const headers = { authorization, ...(isStreamed && { 'trpc-accept': 'application/jsonl' }) }
    const response = await fetch(`${url}/trpc/${paths}?batch=1`, { headers })
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await response.text()).toContain(`"${reason}"`)
    expect(streams.subscriptions).toBe(0)
    expect(captured.entries().filter(({ level }) => Number(level) > 30)).toEqual([])
  })

  it('is not one of lines of JSON', async () => {
    const headers = { authorization, 'trpc-accept': 'application/jsonl' }
    const response = await fetch(url + followPath(), { headers })
    expect(response.status).toBe(400)
    expect(trpcErrorOf(await response.json()).data.reason).toBe('REQUEST_INVALID')
  })
})

describe('the log has a line of a stream', () => {
  it('that its caller left, as of a request', async () => {
    await (await followFromNow()).leave()
    expect(await logOfStream()).toEqual([{ ...requestLine, isCutOff: true }])
  })

  it('whose connection broke', async () => {
    const connection = new AbortController()
    await followFromNow({ signal: connection.signal })
    connection.abort()
    expect(await logOfStream()).toEqual([{ ...requestLine, isCutOff: true }])
  })

  it.each([
    ['whose session ended', () => owner.client.auth.logOut.mutate(), 'TOKEN_INVALID'],
    [
      'whose token expired',
      () => {
        server.backend.advanceSeconds(1000)
        server.backend.dependencies.changeBus.publish(owner.signedIn.user.id)
      },
      'TOKEN_EXPIRED',
    ],
  ])('%s, and why, as no fault of ours', async (_what, end, reason) => {
    const stream = await followFromNow()
    await end()
    expect(await stream.refusal()).toMatchObject({ code: 'UNAUTHORIZED', reason })
    expect(await logOfStream()).toEqual([
      { level: 30, reason, procedure: 'tasks.onChange', msg: 'call refused' },
      requestLine,
    ])
  })

  it('that was refused, without a word of its input', async () => {
    await (await follow({ input: { since: 'distinctive' } })).refusal()
    expect(await logOfStream()).toEqual([
      { level: 30, reason: 'INPUT_INVALID', procedure: 'tasks.onChange', msg: 'call refused' },
      requestLine,
    ])
    expect(captured.text()).not.toContain('distinctive')
  })
})

describe('whoever leaves', () => {
  it.each(['while it waits', 'in the middle of catching up'])('ends the stream %s', async (when) => {
    if (when !== 'while it waits') await fill(1000, { of: owner })
    const stream = await follow({ input: { since: 0 } })
    if (when === 'while it waits') await stream.next()
    else await stream.page()
    await stream.leave()
    await streams.until(0)
  })

  it('by a reset of the connection ends the stream', async () => {
    const socket = openStream({ since: 0 })
    await once(socket, 'data')
    await streams.until(1)
    socket.resetAndDestroy()
    await streams.until(0)
  })

  it('leaves nothing behind, however often', async () => {
    const before = listenersOf(server.app.server)
    for (let round = 0; round < 5; round++) {
      const all = await Promise.all(Array.from({ length: 40 }, () => followFromNow()))
      expect([streams.subscriptions, streams.listeners]).toEqual([40, 40])
      await Promise.all(all.map((stream) => stream.leave()))
      await streams.until(0)
    }
    expect(listenersOf(server.app.server)).toEqual(before)
    expect(captured.entries().filter(({ level }) => Number(level) > 30)).toEqual([])
  })
})

describe('a caller that does not read', { timeout: 60_000 }, () => {
  const pagesCount = 12
  let rich: TestUser

  beforeAll(async () => {
    rich = await server.backend.signUp()
    await fill(pagesCount * 100, { of: rich, descriptionLength: 16_000 })
  })
  beforeEach(async () => {
    const { email: usernameOrEmail, password } = rich
    const signedIn = await server.backend.client().auth.logIn.mutate({ usernameOrEmail, password })
    authorization = `Bearer ${signedIn.accessToken}`
    owner = { ...rich, signedIn, client: server.backend.client(authorization) }
  })

  /** Opens a stream of 58 MB, reads nothing of it, and waits until no more is sent. */
  async function openUnread(): Promise<{ socket: Socket; pages: () => number }> {
    const { statements } = server.backend
    statements.length = 0
    const pages = () => statements.filter((statement) => statement.includes('lateral')).length
    const socket = openStream({ since: 0 })
    socket.pause()
    for (let before = -1; pages() === 0 || pages() !== before; await pause(400)) before = pages()
    return { socket, pages }
  }

  /** Reads on, until the server ends the connection, as it was asked to. */
  async function readRest(socket: Socket): Promise<string> {
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => void chunks.push(chunk)).resume()
    await once(socket, 'end')
    return Buffer.concat(chunks).toString()
  }

  it('makes the server read few pages ahead, and gets everything once it reads', async () => {
    const { socket, pages } = await openUnread()
    expect(pages()).toBeLessThan(pagesCount / 2)
    await create('The last one')
    let isThere = false
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('latin1')).slice(-100_000)
      isThere ||= text.includes('The last one')
    })
    socket.resume()
    await expect.poll(() => isThere, { timeout: 15_000 }).toBe(true)
    expect(pages()).toBeGreaterThan(pagesCount)
  })

  it('is told of the end of its session after what was sent before, and the server lives on', async () => {
    const { socket, pages } = await openUnread()
    const sent = pages()
    await owner.client.auth.logOut.mutate()
    const rest = await readRest(socket)
    expect(rest.match(/^id: /gm)?.length).toBeLessThanOrEqual(sent)
    await streams.until(0)
    expect(rest).toContain('event: serialized-error')
    expect(rest).toContain('TOKEN_INVALID')
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  it('ends the stream by leaving', async () => {
    const { socket } = await openUnread()
    socket.destroy()
    await streams.until(0)
  })
})

/** A connection that has asked for a stream. It is closed with the test. */
function openStream(input: object): Socket {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
  onTestFinished(() => void socket.destroy())
  socket.write(
    `GET ${followPath(input)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: ${authorization}\r\n\r\n`,
  )
  return socket
}

async function fill(count: number, { of, descriptionLength = 0 }: Fill): Promise<void> {
  await queryRows(
    server.backend.database,
    `insert into tasks (user_id, id, title, description)
      select '${of.signedIn.user.id}', gen_random_uuid(), 'x', repeat('€', ${descriptionLength})
      from generate_series(1, ${count})`,
  )
}

function listenersOf(http: Server): Record<string, number> {
  return Object.fromEntries(http.eventNames().map((name) => [String(name), http.listenerCount(name)]))
}
