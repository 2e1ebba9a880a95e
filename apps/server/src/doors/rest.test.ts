import { testSettings } from '@tasklane/api/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type CallRest, createRestCaller } from '../rest/fixtures/rest-caller.ts'
import { openApiDocument } from '../rest/openapi.ts'
import { createTestServer, type TestServer } from '../testing.ts'

let server: TestServer
let call: CallRest

beforeAll(async () => {
  server = await createTestServer()
  call = createRestCaller(server.app)
})
afterAll(() => server.close())

async function signUp(): Promise<{ token: string; userId: string }> {
  const { signedIn } = await server.backend.signUp()
  return { token: signedIn.accessToken, userId: signedIn.user.id }
}

async function createTask(token: string, body: object = { title: 'Buy milk' }) {
  const { body: task, headers } = await call('POST', '/api/tasks', { token, body })
  return { ...task, location: headers['location'] }
}

describe('where a task is', () => {
  it.each(['/api/tasks', '/tasks'])('is told below the path that was called: %s', async (path) => {
    const { token } = await signUp()
    const created = await call('POST', path, { token, body: { title: 'Buy milk' } })
    expect(created).toMatchObject({ status: 201, headers: { location: `${path}/${created.body.id}` } })
    expect((await call('GET', String(created.headers['location']), { token })).body).toEqual(created.body)
  })

  it('is told below its owner, too', async () => {
    const { token, userId } = await signUp()
    const created = await call('POST', `/api/${userId}/tasks`, { token, body: { title: 'Buy milk' } })
    const location = `/api/${userId}/tasks/${created.body.id}`
    expect(created).toMatchObject({ status: 201, headers: { location }, body: { user_id: userId } })
    expect((await call('GET', location, { token })).status).toBe(200)
    expect((await call('GET', location.replace(userId, userId.toUpperCase()), { token })).status).toBe(200)
  })
})

describe("another user's path", () => {
  it('is 403 on every operation, before the database is asked', async () => {
    const { token } = await signUp()
    const other = await signUp()
    const task = await createTask(other.token)
    const base = `/api/${other.userId}/tasks`
    await call('GET', '/api/auth/me', { token })
    server.backend.statements.length = 0
    const owned = Object.entries(openApiDocument().paths).filter(([path]) =>
      path.startsWith('/api/{user_id}/'),
    )
    expect(owned.length).toBeGreaterThan(8)
    for (const [path, methods] of owned) {
      const url = path.replace('{user_id}', other.userId).replace('{id}', task.id)
      for (const method of Object.keys(methods)) {
        const answer = await call(method.toUpperCase() as 'GET', url, { token })
        expect(answer, `${method} ${url}`).toMatchObject({ status: 403, body: { code: 'OWNER_MISMATCH' } })
      }
    }
    expect((await call('GET', '/api/nobody/tasks', { token })).status).toBe(403)
    expect(server.backend.statements).toEqual([])
    expect((await call('GET', base)).status).toBe(401)
  })
})

describe('a version', () => {
  it('comes as ETag, and is expected by If-Match: 412 with the task as it is', async () => {
    const { token } = await signUp()
    const { id } = await createTask(token)
    const path = `/api/tasks/${id}`
    const read = await call('GET', path, { token })
    expect(read.headers['etag']).toBe('"1"')
    const headers = { 'if-match': '"1"' }
    const first = await call('PATCH', path, { token, headers, body: { title: 'One' } })
    expect(first).toMatchObject({ status: 200, headers: { etag: '"2"' }, body: { version: 2 } })
    const second = await call('PATCH', path, { token, headers, body: { title: 'Two' } })
    expect(second).toMatchObject({
      status: 412,
      headers: { etag: '"2"' },
      body: { code: 'PRECONDITION_FAILED', task: { title: 'One', version: 2 } },
    })
    const asField = { title: 'Two', expected_version: 1 }
    expect(await call('PATCH', path, { token, body: asField })).toMatchObject({
      status: 409,
      body: { code: 'VERSION_CONFLICT', task: { title: 'One' } },
    })
  })

  it.each(['"2"', 'W/"1"', '"one"', '"1,2"', '"01"', '"9007199254740993"', '"99999999999999999999"'])(
    'is not matched by %s',
    async (tag) => {
      const { token } = await signUp()
      const { id } = await createTask(token)
      const deletion = { token, headers: { 'if-match': tag } }
      expect((await call('DELETE', `/api/tasks/${id}`, deletion)).status).toBe(412)
      expect((await call('GET', `/api/tasks/${id}`, { token })).status).toBe(200)
    },
  )

  it('is any with If-Match: *', async () => {
    const { token } = await signUp()
    const { id } = await createTask(token)
    const any = { token, headers: { 'if-match': '*' } }
    expect((await call('DELETE', `/api/tasks/${id}`, any)).status).toBe(204)
  })

  it.each(['1', '"1", "2"', 'one', '', '"1'])('is refused as If-Match: %s', async (tag) => {
    const { token } = await signUp()
    const { id } = await createTask(token)
    const answer = await call('DELETE', `/api/tasks/${id}`, { token, headers: { 'if-match': tag } })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/If-Match' }] } })
  })

  it('is refused when it comes twice', async () => {
    const { token } = await signUp()
    const { id } = await createTask(token)
    const headers = { 'if-match': '"1"' }
    const body = { title: 'x', expected_version: 1 }
    expect(await call('PATCH', `/api/tasks/${id}`, { token, headers, body })).toMatchObject({
      status: 422,
      body: { code: 'INPUT_CONTRADICTORY', errors: [{ pointer: '#/expected_version' }] },
    })
  })

  it('that the caller has is 304 without a body', async () => {
    const { token } = await signUp()
    const { id } = await createTask(token)
    for (const tag of ['"1"', 'W/"1"', '"7", "1"', '*']) {
      const answer = await call('GET', `/api/tasks/${id}`, { token, headers: { 'if-none-match': tag } })
      expect(answer).toMatchObject({ status: 304, body: '', headers: { etag: '"1"' } })
    }
    const other = { token, headers: { 'if-none-match': '"2"' } }
    expect((await call('GET', `/api/tasks/${id}`, other)).status).toBe(200)
  })
})

describe('names', () => {
  it('are in snake_case, those of fields and those that a list is sorted by', async () => {
    const { token } = await signUp()
    await createTask(token, { title: 'Late', due_date: '2026-12-31' })
    await createTask(token, { title: 'Soon', due_date: '2026-01-31' })
    const query = { sort: 'due_date', order: 'asc', include_total: 'false', due_after: '2026-01-01' }
    const { body } = await call('GET', '/api/tasks', { token, query })
    expect(body).toMatchObject({
      tasks: [
        { title: 'Soon', due_date: '2026-01-31', completed_at: null },
        { title: 'Late', due_date: '2026-12-31' },
      ],
      ...{ next_cursor: null, limit: 20, offset: 0 },
    })
  })

  it.each([
    ['POST', '/api/tasks', { title: 'x', dueDate: '2026-12-31' }, '#/dueDate'],
    ['POST', '/api/tasks', { title: 'x', user_id: 'me' }, '#/user_id'],
    ['POST', '/api/tasks', { title: 'x', 'a/b~c d': 1 }, '#/a~1b~0c%20d'],
    ['POST', '/api/tasks', { title: 'x', '#due_date': 1 }, '#/%23due_date'],
    ['POST', '/api/tasks', { title: 'x', '\ud800': 1 }, '#/%EF%BF%BD'],
    ['POST', '/api/tasks', { title: 'x', _title: 1 }, '#/_title'],
    ['POST', '/api/tasks', { title: 'x', constructor: 1 }, '#/constructor'],
    ['POST', '/api/tasks', undefined, '#/title'],
    ['POST', '/api/tasks/batch', { atomic: true, operations: [{}] }, '#/operations/0/op'],
    ['PATCH', '/api/tasks/00000000-0000-4000-8000-000000000000', { id: 'x' }, '#/id'],
    ['POST', '/api/tasks?title=x', { title: 'x' }, '#/title'],
    ['GET', '/api/tasks?dueBefore=2026-01-01', undefined, '#/dueBefore'],
    ['GET', '/api/tasks?sort=dueDate', undefined, '#/sort'],
    ['GET', '/api/tasks?limit=1&limit=2', undefined, '#/limit'],
    ['GET', '/api/tasks?limit=1.0', undefined, '#/limit'],
    ['GET', '/api/tasks?completed=yes', undefined, '#/completed'],
    ['GET', '/api/tasks?completed=', undefined, '#/completed'],
    ['GET', '/api/auth/me?verbose=1', undefined, '#/verbose'],
    ['GET', '/api/tasks/milk', undefined, '#/id'],
  ] as const)(
    'that are unknown or misused are refused as they were sent: %s %s %j',
    async (...[method, path, body, pointer]) => {
      const { token } = await signUp()
      const answer = await call(method, path, { token, body })
      expect(answer).toMatchObject({ status: 400, body: { code: 'INPUT_INVALID', errors: [{ pointer }] } })
    },
  )

  it('are in snake_case in the refusal of an operation of a batch', async () => {
    const { token } = await signUp()
    const input = { title: 'x', due_date: 'soon', dueDate: 'soon' }
    const body = { atomic: false, operations: [{ op: 'create', input }] }
    const answer = await call('POST', '/api/tasks/batch', { token, body })
    expect(answer.body.results).toMatchObject([
      { ok: false, issues: [{ path: ['input', 'due_date'] }, { path: ['input', 'dueDate'] }] },
    ])
  })

  it('of a log-in are any of three, and one alone', async () => {
    const { email, password } = await server.backend.signUp()
    for (const name of ['email', 'username', 'username_or_email']) {
      const answer = await call('POST', '/api/auth/login', { body: { [name]: email, password } })
      expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', user: { email } } })
    }
    const twice = await call('POST', '/api/auth/login', { body: { email, username: email, password } })
    expect(twice).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/username' }] } })
    const none = await call('POST', '/api/auth/login', { body: { password } })
    expect(none).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/username_or_email' }] } })
    const wrong = await call('POST', '/api/auth/login', { body: { email: 5, password } })
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/email' }] } })
  })
})

describe('a refusal', () => {
  it('names 50 of many unknown parameters, and each by the beginning of its name', async () => {
    const { token } = await signUp()
    const query = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`p${index}`, '1']))
    expect((await call('GET', '/api/tasks', { token, query })).body.errors).toHaveLength(50)
    const name = 'x'.repeat(100_000)
    const { body } = await call('POST', '/api/tasks', { token, body: { title: 'x', [name]: 1 } })
    expect(body.errors).toMatchObject([{ pointer: expect.stringMatching(/^#\/x{100}%E2%80%A6$/) }])
    expect(JSON.stringify(body).length).toBeLessThan(1000)
  })
})

describe('a body', () => {
  it('that is not needed needs no content type, and may be empty', async () => {
    const { token } = await signUp()
    const { id } = await createTask(token)
    const path = `/api/tasks/${id}/complete`
    expect((await call('PATCH', path, { token })).status).toBe(200)
    const headers = { 'content-type': 'application/json' }
    expect((await call('PATCH', path, { token, headers })).status).toBe(200)
    expect((await call('DELETE', `/api/tasks/${id}`, { token, headers })).status).toBe(204)
  })

  it.each([
    ['text', 'text/plain', 'hello', 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['a form', 'application/x-www-form-urlencoded', 'title=x', 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['half of it', 'application/json', '{"title":', 400, 'INPUT_MALFORMED'],
    ['a list', 'application/json', '[]', 400, 'INPUT_INVALID'],
    ['null', 'application/json', 'null', 400, 'INPUT_INVALID'],
    ['__proto__', 'application/json', '{"title":"x","__proto__":{}}', 400, 'INPUT_MALFORMED'],
    ['deep nesting', 'application/json', `${'['.repeat(9000)}${']'.repeat(9000)}`, 400, 'INPUT_MALFORMED'],
    [
      '100 000 fields',
      'application/json',
      JSON.stringify(Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`z${index}`, 1]))),
      400,
      'INPUT_MALFORMED',
    ],
    ['more than 1 MiB', 'application/json', `"${'x'.repeat(1024 * 1024)}"`, 413, 'PAYLOAD_TOO_LARGE'],
  ])('of %s is refused', async (...[, type, payload, status, code]) => {
    const { token } = await signUp()
    const headers = { authorization: `Bearer ${token}`, 'content-type': type }
    const res = await server.app.inject({ method: 'POST', url: '/api/tasks', headers, payload })
    expect(res.statusCode).toBe(status)
    expect(res.headers['content-type']).toContain('application/problem+json')
    expect(res.json()).toMatchObject({ status, code })
  })

  it('of bytes that are not UTF-8 is refused', async () => {
    const { token } = await signUp()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const payload = Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xff]), Buffer.from('"}')])
    const res = await server.app.inject({ method: 'POST', url: '/api/tasks', headers, payload })
    expect(res.json()).toMatchObject({ status: 400, code: 'INPUT_MALFORMED' })
  })

  it('of a deletion is refused: what it says would be lost', async () => {
    const { token } = await signUp()
    const { id } = await createTask(token)
    const answer = await call('DELETE', `/api/tasks/${id}`, { token, body: { expected_version: 7 } })
    expect(answer.status).toBe(400)
    const query = { expected_version: '7' }
    expect((await call('DELETE', `/api/tasks/${id}`, { token, query })).status).toBe(409)
  })
})

describe('a method', () => {
  it.each(['/health', '/health/ready', '/.well-known/jwks.json', '/api/openapi.json', '/docs', '/tasks'])(
    'that %s does not know is 405, with those that it knows',
    async (path) => {
      const answer = await call('DELETE', path)
      expect(answer).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_SUPPORTED' } })
      expect(answer.headers['allow']).toMatch(/^GET, HEAD, OPTIONS(, POST)?$/)
    },
  )

  it('that a path does not know is 405, with those that it knows', async () => {
    const { token } = await signUp()
    const answer = await call('PUT', '/api/tasks', { token })
    expect(answer).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_SUPPORTED' } })
    expect(String(answer.headers['allow']).split(', ').sort()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST'])
  })

  it('may be HEAD where it may be GET', async () => {
    const { token } = await signUp()
    expect(await call('HEAD', '/api/tasks', { token })).toMatchObject({ status: 200, body: '' })
  })
})

it('says how a limit stands, in an answer and in a refusal', async () => {
  const limited = await createTestServer({
    settings: { rateLimits: { ...testSettings.rateLimits, logInPerMinute: 1 } },
  })
  onTestFinished(() => limited.close())
  const { email, password } = await limited.backend.signUp()
  const logIn = () => createRestCaller(limited.app)('POST', '/api/auth/login', { body: { email, password } })
  expect(await logIn()).toMatchObject({ status: 200, headers: { 'ratelimit-remaining': '0' } })
  expect(await logIn()).toMatchObject({
    status: 429,
    headers: { 'retry-after': expect.stringMatching(/^\d+$/), 'ratelimit-limit': '1' },
    body: { code: 'RATE_LIMITED', retry_after_seconds: expect.any(Number) },
  })
})

it('lets in with the examples that it shows for a sign-up', async () => {
  const { AuthSignUpBody } = openApiDocument().components.schemas
  const examples = AuthSignUpBody?.examples as object[]
  expect(examples.length).toBeGreaterThan(0)
  for (const body of examples) {
    const other = await createTestServer()
    onTestFinished(() => other.close())
    expect((await createRestCaller(other.app)('POST', '/api/auth/signup', { body })).status).toBe(201)
  }
})

it('strangers learn that they are, before anything of their request is looked at', async () => {
  for (const [method, path] of [
    ['GET', '/api/tasks?nonsense=1'],
    ['GET', '/api/tasks/milk'],
    ['POST', '/api/tasks'],
  ] as const) {
    const answer = await call(method, path, { headers: { 'if-match': 'nonsense' } })
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="tasklane"' },
      body: { detail: 'Authentication required', code: 'AUTHENTICATION_REQUIRED' },
    })
  }
})
