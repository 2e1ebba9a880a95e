import type { Reason } from '@tasklane/api'
import { transformer } from '@tasklane/api/contract'
import type { AppRouter } from '@tasklane/api/router'
import {
  createTRPCClient,
  getUntypedClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  type TRPCClient,
  TRPCClientError,
} from '@trpc/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestServer, type TestServer } from './testing.ts'

let server: TestServer
let origin: string
let authorization: string

beforeAll(async () => {
  server = await createTestServer()
  origin = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const { signedIn } = await server.backend.signUp()
  authorization = `Bearer ${signedIn.accessToken}`
})

afterAll(() => server.close())

const links = { httpLink, httpBatchLink, httpBatchStreamLink }
type LinkName = keyof typeof links
const linkNames = Object.keys(links) as LinkName[]

interface Changes {
  url?: string
  headers?: Record<string, string>
  /** Sends something else than the link would. */
  change?: (url: string, init: RequestInit) => [string, RequestInit]
}

function connect(link: LinkName, { url = `${origin}/trpc`, headers = {}, change }: Changes = {}) {
  const send = (target: string | URL | Request, init?: object) =>
    change ? fetch(...change(String(target), init ?? {})) : fetch(target, init)
  const options = { url, transformer, headers: { authorization, ...headers }, fetch: send }
  return createTRPCClient<AppRouter>({ links: [links[link](options)] })
}

type Client = TRPCClient<AppRouter>
const readMe = (client: Client) => client.auth.me.query()
const write = (title: string) => (client: Client) => client.tasks.create.mutate({ title })

interface Row {
  name: string
  status: number
  reason: Reason
  call: (client: Client) => Promise<unknown>
  changes?: () => Changes
}

const rows: Row[] = [
  {
    name: 'a body over the limit',
    status: 413,
    reason: 'PAYLOAD_TOO_LARGE',
    call: write('x'.repeat(1024 * 1024)),
  },
  {
    name: 'a body far over the limit',
    status: 413,
    reason: 'PAYLOAD_TOO_LARGE',
    call: write('x'.repeat(4 * 1024 * 1024)),
  },
  {
    name: 'a body that is not said to be JSON',
    status: 415,
    reason: 'MEDIA_TYPE_UNSUPPORTED',
    call: write('A task'),
    changes: () => ({ headers: { 'content-type': 'text/plain' } }),
  },
  {
    name: 'a path that no door has',
    status: 404,
    reason: 'ROUTE_NOT_FOUND',
    call: readMe,
    changes: () => ({ url: `${origin}/trpc/v2` }),
  },
  {
    name: 'a name that no procedure has',
    status: 404,
    reason: 'PROCEDURE_NOT_FOUND',
    call: (client) => getUntypedClient(client).query('tasks.search'),
  },
  {
    name: 'a path that is too long',
    status: 414,
    reason: 'URI_TOO_LONG',
    call: (client) => getUntypedClient(client).query('x'.repeat(5001)),
  },
  {
    name: 'a path that cannot be decoded',
    status: 400,
    reason: 'REQUEST_INVALID',
    call: readMe,
    changes: () => ({ change: (url, init) => [url.replace('auth.me', '%E0%A4%A'), init] }),
  },
  {
    name: 'an input that is too long for a URL',
    status: 431,
    reason: 'HEADERS_TOO_LARGE',
    call: (client) => client.tasks.get.query({ id: 'x'.repeat(20_000) }),
  },
  {
    name: 'JSON that is cut off',
    status: 400,
    reason: 'INPUT_MALFORMED',
    call: write('A task'),
    changes: () => ({ change: (url, init) => [url, { ...init, body: '{"json":{"title":' }] }),
  },
  {
    name: 'no JSON',
    status: 400,
    reason: 'INPUT_MALFORMED',
    call: write('A task'),
    changes: () => ({ change: (url, init) => [url, { ...init, body: 'title=A task' }] }),
  },
  {
    name: 'a method that is neither GET nor POST',
    status: 405,
    reason: 'METHOD_NOT_SUPPORTED',
    call: write('A task'),
    changes: () => ({ change: (url, init) => [url, { ...init, method: 'PUT' }] }),
  },
]

describe.each(linkNames)('a client with %s', (link) => {
  it.each(rows)('reads the reason of $name', async ({ call, changes, status, reason }) => {
    const error = await call(connect(link, changes?.())).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TRPCClientError)
    expect((error as TRPCClientError<AppRouter>).data).toMatchObject({ reason, httpStatus: status })
  })

  it('reads results and errors of calls made together', async () => {
    const client = connect(link)
    const created = await client.tasks.create.mutate({ title: `By ${link}` })
    const [list, gone, me, bad] = await Promise.allSettled([
      client.tasks.list.query({ limit: 1 }),
      client.tasks.get.query({ id: '00000000-0000-4000-8000-000000000000' }),
      client.auth.me.query(),
      client.tasks.list.query({ limit: 0 }),
    ])
    expect(created.createdAt).toBeInstanceOf(Date)
    expect(list).toMatchObject({ status: 'fulfilled', value: { tasks: [created] } })
    expect(gone).toMatchObject({ status: 'rejected', reason: { data: { reason: 'TASK_NOT_FOUND' } } })
    expect(me).toMatchObject({ status: 'fulfilled', value: { id: created.userId } })
    expect(bad).toMatchObject({
      status: 'rejected',
      reason: { data: { reason: 'INPUT_INVALID', issues: [{ path: ['limit'] }] } },
    })
  })

  it('reads the reason of a token that is not ours', async () => {
    const client = connect(link, { headers: { authorization: 'Bearer a.b.c' } })
    await expect(client.auth.me.query()).rejects.toMatchObject({
      message: 'Invalid or expired token',
      data: { reason: 'TOKEN_INVALID', httpStatus: 401 },
    })
  })
})

it.each(['httpBatchLink', 'httpBatchStreamLink'] as const)(
  'tells each of 101 calls in one %s batch that they are too many',
  async (link) => {
    const client = connect(link)
    const calls = await Promise.allSettled(Array.from({ length: 101 }, () => client.auth.me.query()))
    const reasons = calls.map((call) => call.status === 'rejected' && call.reason.data.reason)
    expect(reasons).toEqual(Array(101).fill('BATCH_TOO_LARGE'))
  },
)

it('streams a batch as lines, each when it is ready', async () => {
  const res = await fetch(`${origin}/trpc/tasks.list,nothing.here?batch=1`, {
    headers: { authorization, 'trpc-accept': 'application/jsonl' },
  })
  expect(res.status).toBe(200)
  expect(res.headers.get('transfer-encoding')).toBe('chunked')
  const lines = (await res.text()).trim().split('\n')
  expect(lines.length).toBeGreaterThan(2)
  expect(lines.filter((line) => line.includes('PROCEDURE_NOT_FOUND'))).toHaveLength(1)
})
