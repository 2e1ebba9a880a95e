import { fastify } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DescribedOperation } from '../rest/fixtures/contract.ts'
import { createRestCaller, type RestAnswer, type RestCall } from '../rest/fixtures/rest-caller.ts'
import { openApiDocument, openApiPath } from '../rest/openapi.ts'
import { type Account, type Doors, openDoors } from './fixtures/doors.ts'
import { type Cast, type GoodCall, goodCalls } from './fixtures/every-call.ts'

interface Operation extends DescribedOperation {
  /** As `POST /api/tasks`. */
  name: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
}

const operations = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([verb, described]) => {
    const method = verb.toUpperCase() as Operation['method']
    return { ...(described as DescribedOperation), name: `${method} ${path}`, method, path }
  }),
)

let doors: Doors
let cast: Cast
let stranger: Account
/** Another process, which tells a stranger's task from none. */
let telling: Doors
let readToken: string
let writeToken: string
let tried: Tried[]

/** What every token may call, whoever's it is. */
const openToAnyToken = [
  'GET /api/auth/me',
  'GET /api/tasks',
  'GET /api/tasks/counts',
  'GET /api/tasks/changes',
]

beforeAll(async () => {
  doors = await openDoors()
  const user = await doors.signUp()
  const admin = await doors.signUp()
  await doors.rows(`update users set role = 'admin' where id = '${admin.userId}'`)
  cast = { doors, user, admin }
  stranger = await doors.signUp()
  telling = await doors.beside({ settings: { foreignTask: 'forbidden' } })
  const { create } = user.trpc.tokens
  readToken = (await create.mutate({ name: 'reads', scopes: 'read' })).token
  writeToken = (await create.mutate({ name: 'writes', scopes: 'write' })).token
  tried = []
  for (const operation of operations) tried.push(await tryOut(operation))
}, 120_000)
afterAll(async () => {
  await telling.close()
  await doors.close()
})

/** A call that succeeds unless it is changed. */
async function goodCallOf({ name }: Operation): Promise<GoodCall> {
  const prepare = goodCalls[name.replace('/{user_id}', '')]
  if (!prepare) throw new Error(`No call of ${name} is known`)
  return await prepare(cast)
}

interface Change extends Omit<RestCall, 'token'> {
  /** Empty: none. Default the caller's. */
  token?: string
  /** In the path. Default the caller. */
  owner?: string
  id?: string
  at?: Doors
}

async function send(operation: Operation, good: GoodCall, change: Change = {}): Promise<RestAnswer> {
  const { by = cast.user, ...call } = good
  const { token = by.token, owner = by.userId, id = call.id ?? '', at = doors, ...others } = change
  const path = operation.path.replace('{user_id}', owner).replace('{id}', id)
  const isProtected = operation.security.length > 0
  const given = isProtected && token !== '' ? { token } : {}
  const { body, query } = { ...call, ...others }
  return await at.rest(operation.method, path, { ...given, body, ...(query && { query }) })
}

/** The codes that the document has for a status. */
function codesOf({ responses }: Operation, status: number): string[] {
  const { schema } = responses[status]?.content?.['application/problem+json'] ?? {}
  const { allOf } = (schema ?? { allOf: [] }) as { allOf: { properties?: { code: { enum: string[] } } }[] }
  return allOf.flatMap(({ properties }) => properties?.code.enum ?? [])
}

const statuses = [400, 401, 403, 404] as const
type Status = (typeof statuses)[number]

/** What an operation answered to a call that is good, and to those that have to be refused. */
interface Tried {
  operation: Operation
  succeeded: RestAnswer
  refused: { status: Status; answer: RestAnswer }[]
}

/** How a good call becomes one that is refused, for a reason that the document has. */
const changes: Record<Status, (operation: Operation, good: GoodCall) => Change> = {
  400: ({ requestBody }, { body, query }) =>
    requestBody ? { body: { ...(body as object), nonsense: 1 } } : { query: { ...query, nonsense: '1' } },
  401: (operation, { body }) => {
    const codes = codesOf(operation, 401)
    if (codes.includes('AUTHENTICATION_REQUIRED')) return { token: '' }
    const name = codes.includes('CREDENTIALS_INVALID') ? 'password' : 'refresh_token'
    return { body: { ...(body as object), [name]: 'wrong' } }
  },
  403: (operation) => {
    const codes = codesOf(operation, 403)
    if (codes.includes('OWNER_MISMATCH')) return { owner: stranger.userId }
    if (codes.includes('ADMIN_REQUIRED')) return { token: cast.user.token }
    if (codes.includes('SIGN_IN_REQUIRED')) return { token: writeToken }
    if (codes.includes('SCOPE_INSUFFICIENT')) return { token: readToken }
    return { token: stranger.token, at: telling }
  },
  404: ({ path }) => {
    const id = crypto.randomUUID()
    const operations = [{ op: 'delete', input: { id } }]
    return path.endsWith('/batch') ? { body: { atomic: true, operations } } : { id }
  },
}

async function tryOut(operation: Operation): Promise<Tried> {
  const good = await goodCallOf(operation)
  const refused: Tried['refused'] = []
  for (const status of statuses) {
    if (codesOf(operation, status).length === 0) continue
    const answer = await send(operation, good, changes[status](operation, good))
    refused.push({ status, answer })
  }
  return { operation, refused, succeeded: await send(operation, good) }
}

it('D7 every answer of every endpoint is as the published document says, or its test fails', async () => {
  expect(tried.map(({ operation }) => operation.name)).toEqual(operations.map(({ name }) => name))
  for (const { operation, succeeded } of tried)
    expect(Object.keys(operation.responses), operation.name).toContain(String(succeeded.status))

  const { body: user } = await doors.rest('GET', '/api/auth/me', { token: cast.user.token })
  const { email: _email, ...incomplete } = user
  const headers = { 'x-request-id': 'x', 'content-type': 'application/json' }
  const wrong = [
    [200, headers, incomplete, "must have required property 'email'"],
    [200, headers, { ...user, password_hash: 'x' }, 'password_hash'],
    [200, headers, { ...user, created_at: 'yesterday' }, '/created_at must match format "date-time"'],
    [200, { 'content-type': 'application/json' }, user, 'lacks the header X-Request-Id'],
    [200, { ...headers, 'content-type': 'text/plain' }, user, 'comes as text/plain'],
    [201, headers, user, 'says nothing of 201'],
    [401, headers, { detail: 'x' }, 'lacks the header WWW-Authenticate'],
  ] as const
  for (const [status, given, body, what] of wrong) {
    const app = fastify()
    app.get('/api/auth/me', (_req, res) => res.status(status).headers(given).send(JSON.stringify(body)))
    const call = createRestCaller(app)('GET', '/api/auth/me')
    await expect(call).rejects.toMatchObject({
      actual: expect.arrayContaining([expect.stringContaining(what)]),
    })
  }
})

it('E6 every endpoint has its success, and its 400, 401, 403 and 404', () => {
  for (const { operation, succeeded, refused } of tried) {
    expect(succeeded.status, operation.name).toBeLessThan(300)
    for (const { status, answer } of refused) {
      const refusal = { status, body: { status, detail: expect.any(String) } }
      expect(answer, operation.name).toMatchObject(refusal)
      expect(codesOf(operation, status), operation.name).toContain(answer.body.code)
    }
  }
  const triedFor = (wanted: Status) =>
    tried
      .filter(({ refused }) => refused.some(({ status }) => status === wanted))
      .map(({ operation }) => operation)
  const inApi = operations.filter(({ path }) => path.startsWith('/api/') && path !== openApiPath)
  const isProtected = operations.filter(({ security }) => security.length > 0)
  const isOfOne = operations.filter(({ path }) => path.includes('{id}') || path.endsWith('/batch'))
  expect(triedFor(400)).toEqual(inApi)
  expect(triedFor(401)).toEqual(expect.arrayContaining(isProtected))
  expect(triedFor(403)).toHaveLength(isProtected.length - openToAnyToken.length)
  expect(triedFor(404)).toEqual(isOfOne)
})
