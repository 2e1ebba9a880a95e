import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createImportBench,
  creates,
  type ImportBench,
  refusedConnection,
  rowsOf,
} from '../fixtures/import.ts'

let bench: ImportBench

beforeAll(async () => {
  bench = await createImportBench()
})
afterAll(() => bench.server.close())

/** A server that fails where it is told to, before or after it did its work. */
function failingFetch(fail: (request: number) => 'before' | 'after' | Response | undefined): typeof fetch {
  let count = 0
  return async (input, init) => {
    const failure = creates(input) ? fail(++count) : undefined
    if (failure === 'before') throw new TypeError('fetch failed', { cause: refusedConnection })
    if (failure instanceof Response) return failure
    const answer = await bench.server.fetch(input, init)
    if (failure === 'after') throw new TypeError('fetch failed', { cause: refusedConnection })
    return answer
  }
}

const manyRows = Array.from({ length: 520 }, (_, index) => ({ title: `row ${index % 490}` }))

it.each(['before', 'after'] as const)(
  'loses and doubles nothing when a request fails %s its work',
  async (when) => {
    const account = await bench.newAccount()
    const waits: number[] = []
    const result = await bench.importInto(account, rowsOf(manyRows), {
      fetch: failingFetch((request) => ([2, 3, 6].includes(request) ? when : undefined)),
      waitSeconds: async (seconds) => void waits.push(seconds),
    })
    expect(result).toMatchObject({ read: 520, stored: 520, added: 520, missing: [] })
    expect(await bench.titlesOf(account)).toEqual(manyRows.map(({ title }) => title).sort())
    expect(waits).toHaveLength(3)
  },
)

function refusal(
  reason: string,
  { calls, retryAfterSeconds }: { calls: number; retryAfterSeconds?: number },
): Response {
  const data = { code: 'SERVICE_UNAVAILABLE', httpStatus: 503, reason, retryAfterSeconds }
  const error = { json: { message: `because of ${reason}`, code: -32603, data } }
  return Response.json(
    Array.from({ length: calls }, () => ({ error })),
    { status: 503 },
  )
}

it.each(['RATE_LIMITED', 'TOO_BUSY', 'DATABASE_UNAVAILABLE'])(
  'waits as long as the server asks at %s and sends the rows again',
  async (reason) => {
    const account = await bench.newAccount()
    const waits: number[] = []
    const result = await bench.importInto(account, rowsOf(manyRows.slice(0, 100)), {
      fetch: failingFetch((request) =>
        request === 1 ? refusal(reason, { calls: 100, retryAfterSeconds: 17 }) : undefined,
      ),
      waitSeconds: async (seconds) => void waits.push(seconds),
    })
    expect(result).toMatchObject({ added: 100, missing: [] })
    expect(waits).toEqual([17])
  },
)

it('sends rows again that were too much together with others', async () => {
  const account = await bench.newAccount()
  const result = await bench.importInto(account, rowsOf(manyRows.slice(0, 100)), {
    fetch: failingFetch((request) =>
      request === 1 ? refusal('PAYLOAD_TOO_LARGE', { calls: 100 }) : undefined,
    ),
    waitSeconds: () => setImmediate(),
  })
  expect(result).toMatchObject({ added: 100, missing: [] })
})

it('gives up on a server that stays away, says which rows failed and does not send the rest', async () => {
  const account = await bench.newAccount()
  let requests = 0
  const result = await bench.importInto(account, rowsOf(manyRows), {
    fetch: failingFetch((request) => {
      requests += 1
      return request > 2 ? 'before' : undefined
    }),
    waitSeconds: async () => {
      while (requests < 4) await setImmediate()
    },
  })
  const reason = 'the server did not answer (ECONNREFUSED)'
  expect(result).toMatchObject({ read: 400, stored: 200, added: 200, stop: reason })
  expect(result.missing).toHaveLength(200)
  expect(result.missing[0]).toEqual({ line: 201, kind: 'failed', reason })
  expect(requests).toBe(2 + 2 * 5)

  const again = await bench.importInto(account, rowsOf(manyRows))
  expect(again).toMatchObject({ read: 520, stored: 520, added: 320, missing: [] })
})

it('reports a fault of the server as a row that failed, and goes on', async () => {
  const account = await bench.newAccount()
  const result = await bench.importInto(account, rowsOf(manyRows.slice(0, 150)), {
    fetch: failingFetch((request) => (request === 1 ? refusal('INTERNAL', { calls: 100 }) : undefined)),
  })
  expect(result).toMatchObject({ read: 150, added: 50 })
  expect(result.stop).toBeUndefined()
  expect(result.missing).toHaveLength(100)
  expect(result.missing[99]).toEqual({ line: 100, kind: 'failed', reason: 'because of INTERNAL' })
})

it('stops when the session is ended from elsewhere', async () => {
  const account = await bench.newAccount()
  const result = await bench.importInto(account, rowsOf(manyRows), {
    fetch: async (input, init) => {
      if (!creates(input)) return await bench.server.fetch(input, init)
      const headers = new Headers(init?.headers)
      headers.set('authorization', 'Bearer nonsense')
      return await bench.server.fetch(input, { ...init, headers })
    },
  })
  expect(result).toMatchObject({ read: 200, stored: 0, added: 0, stop: expect.stringContaining('token') })
  expect(result.missing).toHaveLength(200)
})

it('goes on with a new access token when the first one expires', async () => {
  const account = await bench.newAccount()
  let requests = 0
  const expiring: typeof fetch = (input, init) => {
    if (creates(input) && ++requests === 4) bench.server.backend.advanceSeconds(1000)
    return bench.server.fetch(input, init)
  }
  const result = await bench.importInto(account, rowsOf(manyRows), { fetch: expiring })
  expect(result).toMatchObject({ read: 520, added: 520, missing: [] })
})
