import type { InjectOptions } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { trpcErrorOf } from '../fixtures/answers.ts'
import { captureLog } from '../fixtures/captured-log.ts'
import { createTestServer, type TestServer } from '../testing.ts'

const captured = captureLog()
let server: TestServer
let userId: string
let authorization: string

beforeAll(async () => {
  server = await createTestServer({ log: captured.log })
  const { signedIn } = await server.backend.signUp()
  userId = signedIn.user.id
  authorization = `Bearer ${signedIn.accessToken}`
})

afterAll(() => server.close())

beforeEach(() => captured.clear())

const ids = [
  '0194fdc2-fa2f-7cc0-81d3-ff12045b73c8',
  '0194fdc2-fa2f-7cc0-81d3-ff12045b73c9',
  '0194fdc2-fa2f-7cc0-81d3-ff12045b73ca',
] as const
const missing = '00000000-0000-4000-8000-000000000000'

function send(options: InjectOptions) {
  return server.app.inject({ headers: { authorization }, ...options })
}

/** As another tool would write it: no meta, no superjson. */
function queryUrl(paths: string, inputs: object): string {
  return `/trpc/${paths}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`
}

function taskAnswer(id: string, title: string) {
  const task = {
    id,
    userId,
    title,
    description: null,
    completed: false,
    completedAt: null,
    priority: null,
    dueDate: null,
    tags: [],
    version: 1,
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    updatedAt: expect.any(String),
    deletedAt: null,
  }
  const meta = { values: { createdAt: ['Date'], updatedAt: ['Date'] }, v: 1 }
  return { result: { data: { json: task, meta } } }
}

const notFoundAnswer = {
  error: {
    json: {
      message: 'Task not found',
      code: -32004,
      data: { code: 'NOT_FOUND', httpStatus: 404, reason: 'TASK_NOT_FOUND', path: 'tasks.get' },
    },
  },
}

describe('by plain HTTP, without a tRPC client', () => {
  it('runs mutations by POST and answers each, in order', async () => {
    const res = await send({
      method: 'POST',
      url: '/trpc/tasks.create,tasks.create?batch=1',
      payload: {
        0: { json: { id: ids[0], title: 'First' } },
        1: { json: { id: ids[1], title: 'Second' } },
      },
    })
    expect(res.statusCode).toBe(200)
    expect(res.json()).toEqual([taskAnswer(ids[0], 'First'), taskAnswer(ids[1], 'Second')])
  })

  it('runs queries by GET and answers each, in order', async () => {
    const url = queryUrl('tasks.get,tasks.list', {
      0: { json: { id: ids[0] } },
      1: { json: { limit: 1, offset: 9 } },
    })
    const res = await send({ method: 'GET', url })
    expect(res.statusCode).toBe(200)
    expect(res.json()).toEqual([
      taskAnswer(ids[0], 'First'),
      { result: { data: { json: { tasks: [], nextCursor: null, total: 2, limit: 1, offset: 9 } } } },
    ])
  })

  it('runs queries by POST, for inputs too long for a URL', async () => {
    const res = await send({
      method: 'POST',
      url: '/trpc/tasks.get,tasks.get?batch=1',
      payload: { 0: { json: { id: ids[1] } }, 1: { json: { id: ids[0] } } },
    })
    expect(res.json()).toEqual([taskAnswer(ids[1], 'Second'), taskAnswer(ids[0], 'First')])
  })

  it('takes no input as the defaults', async () => {
    const res = await send({
      method: 'GET',
      url: '/trpc/tasks.list,tasks.list?batch=1&input={"1":{"json":{"limit":5}}}',
    })
    expect(res.json()).toMatchObject([
      { result: { data: { json: { total: 2, limit: 20 } } } },
      { result: { data: { json: { total: 2, limit: 5 } } } },
    ])
  })
})

describe('answers', () => {
  it('207 when some calls fail, and leaves the others alone', async () => {
    const url = queryUrl('tasks.get,tasks.get', { 0: { json: { id: missing } }, 1: { json: { id: ids[0] } } })
    const res = await send({ method: 'GET', url })
    expect(res.statusCode).toBe(207)
    expect(res.json()).toEqual([notFoundAnswer, taskAnswer(ids[0], 'First')])
  })

  it('the status that all calls share', async () => {
    const url = queryUrl('tasks.get,tasks.get', {
      0: { json: { id: missing } },
      1: { json: { id: missing } },
    })
    const res = await send({ method: 'GET', url })
    expect(res.statusCode).toBe(404)
    expect(res.json()).toEqual([notFoundAnswer, notFoundAnswer])
  })

  it('BATCH_MIXED to queries beside mutations, and runs neither', async () => {
    const res = await send({
      method: 'POST',
      url: '/trpc/tasks.list,tasks.create?batch=1',
      payload: { 1: { json: { id: ids[2], title: 'Third' } } },
    })
    expect(res.statusCode).toBe(400)
    expect(trpcErrorOf(res.json())).toEqual({
      message: 'Queries and mutations cannot share a batch. Send two',
      code: -32600,
      data: { code: 'BAD_REQUEST', httpStatus: 400, reason: 'BATCH_MIXED' },
    })
    const read = await send({ url: `/trpc/tasks.get?input=${JSON.stringify({ json: { id: ids[2] } })}` })
    expect(read.statusCode).toBe(404)
  })

  it('a refusal for each call when the body is too large, or one for all when they were to be streamed', async () => {
    const tooLarge = { method: 'POST', payload: JSON.stringify('x'.repeat(1024 * 1024)) } as const
    const headers = { 'content-type': 'application/json' }
    const url = '/trpc/tasks.create,tasks.create?batch=1'
    const batch = await send({ ...tooLarge, url, headers })
    expect(batch.statusCode).toBe(413)
    expect(batch.json<unknown[]>().map((each) => trpcErrorOf(each).data.reason)).toEqual(
      Array(2).fill('PAYLOAD_TOO_LARGE'),
    )
    const stream = await send({
      ...tooLarge,
      url,
      headers: { ...headers, 'trpc-accept': 'application/jsonl' },
    })
    expect(trpcErrorOf(stream.json()).data.reason).toBe('PAYLOAD_TOO_LARGE')
  })

  it('a refusal for each call without a token, and looks at the token once', async () => {
    const res = await send({ url: '/trpc/auth.me,auth.me,tasks.list?batch=1', headers: {} })
    expect(res.statusCode).toBe(401)
    expect(res.json<unknown[]>().map((each) => trpcErrorOf(each).data.reason)).toEqual(
      Array(3).fill('AUTHENTICATION_REQUIRED'),
    )
    expect(captured.entries().filter(({ event }) => event === 'authentication_failed')).toHaveLength(1)
  })
})

describe('of many calls', () => {
  const times = (count: number, path: string, comma = ',') => Array(count).fill(path).join(comma)

  it('runs 100', async () => {
    const res = await send({ url: `/trpc/${times(100, 'tasks.list')}?batch=1` })
    expect(res.statusCode).toBe(200)
    expect(res.json()).toHaveLength(100)
  })

  it.each([
    ['tasks.list', ','],
    ['tasks.list', '%2C'],
    ['', ','],
  ])(
    'refuses 101 of "%s" joined by "%s" with one answer, and logs one line, not one for each',
    async (path, comma) => {
      const res = await send({ url: `/trpc/${times(101, path, comma)}?batch=1` })
      expect(res.statusCode).toBe(400)
      expect(trpcErrorOf(res.json())).toEqual({
        message: 'Too many calls in one batch. The limit is 100',
        code: -32600,
        data: { code: 'BAD_REQUEST', httpStatus: 400, reason: 'BATCH_TOO_LARGE' },
      })
      expect(captured.entries().map(({ msg }) => msg)).toEqual(['request refused', 'request'])
    },
  )

  it('takes a comma that is encoded twice for a part of a name', async () => {
    const res = await send({ url: `/trpc/${times(101, 'tasks.list', '%252C')}?batch=1` })
    expect(res.statusCode).toBe(404)
    expect(res.json<unknown[]>().map((each) => trpcErrorOf(each).data.reason)).toEqual([
      'PROCEDURE_NOT_FOUND',
    ])
  })

  it('answers PROCEDURE_NOT_FOUND to each nameless one', async () => {
    const res = await send({ url: '/trpc/,,,,?batch=1' })
    expect(res.statusCode).toBe(404)
    const errors = res.json<unknown[]>().map(trpcErrorOf)
    expect(errors).toHaveLength(5)
    expect(new Set(errors.map(({ data }) => data.reason))).toEqual(new Set(['PROCEDURE_NOT_FOUND']))
  })
})
