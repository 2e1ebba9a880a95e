import { setMaxListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { errorOf, type StubServer, startStub } from './fixtures/stub-server.ts'
import { sendStorm } from './storm.ts'

let stub: StubServer
afterEach(() => stub.close())

const signedIn = '{"result":{"data":{"json":{"accessToken":"a","refreshToken":"b","user":{"id":"c"}}}}}'
const accountOf = (email: string) => ({ email, password: 'Correct-Horse-1' })
const send = (logIns: number, emails = ['a@example.com']) => {
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  return sendStorm({ url: stub.url, accounts: emails.map(accountOf), logIns, signal })
}

it('sends every log-in at once, each in a request of its own, the accounts in turn', async () => {
  const waiting: ServerResponse[] = []
  const bodies: string[] = []
  const urls = new Set<string | undefined>()
  stub = await startStub(async (req, res) => {
    urls.add(req.url)
    bodies.push(Buffer.concat(await req.toArray()).toString())
    waiting.push(res)
    if (waiting.length < 20) return
    for (const each of waiting) each.writeHead(503, { 'retry-after': '1' }).end(errorOf(503, 'TOO_BUSY'))
  })
  const answers = await send(20, ['a@example.com', 'b@example.com', 'c@example.com'])
  expect(answers).toEqual(Array.from({ length: 20 }, () => '503 TOO_BUSY with Retry-After'))
  expect([...urls]).toEqual(['/trpc/auth.logIn'])
  const emails = bodies.map((body) => (JSON.parse(body) as { json: Record<string, string> }).json)
  const countOf = (email: string) => emails.filter(({ usernameOrEmail }) => usernameOrEmail === email).length
  expect(['a@example.com', 'b@example.com', 'c@example.com'].map(countOf)).toEqual([7, 7, 6])
})

describe('tells apart', () => {
  const retryAfter = { 'retry-after': '1' }
  it.each([
    { answer: '200', status: 200, headers: {}, body: signedIn },
    { answer: '503 TOO_BUSY with Retry-After', status: 503, headers: retryAfter },
    { answer: '503 TOO_BUSY without Retry-After', status: 503, headers: {} },
    { answer: '503 TOO_BUSY without Retry-After', status: 503, headers: { 'retry-after': 'soon' } },
    { answer: '503 DATABASE_UNAVAILABLE with Retry-After', status: 503, headers: retryAfter },
    { answer: '429 RATE_LIMITED with Retry-After', status: 429, headers: retryAfter },
    { answer: '401 CREDENTIALS_INVALID without Retry-After', status: 401, headers: {} },
    { answer: '502 without a reason without Retry-After', status: 502, headers: {}, body: '<h1>Sorry</h1>' },
    { answer: '200 without a reason', status: 200, headers: {}, body: '<h1>Welcome</h1>' },
  ])('$answer ($headers)', async ({ answer, status, headers, body }) => {
    const reason = answer.split(' ')[1] ?? ''
    stub = await startStub((_req, res) => res.writeHead(status, headers).end(body ?? errorOf(status, reason)))
    expect(await send(1)).toEqual([answer])
  })

  it('no answer', async () => {
    stub = await startStub((req) => req.socket.destroy())
    expect(await send(2)).toEqual(['no answer', 'no answer'])
  })
})
