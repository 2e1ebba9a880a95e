import { existsSync, readFileSync } from 'node:fs'
import { reasons } from '@tasklane/api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectNothingInner, problemOf } from '../fixtures/answers.ts'
import { openApiDocument } from '../rest/openapi.ts'
import { curlCallsIn } from './fixtures/curl-calls.ts'
import { type Account, type Doors, openDoors, problem, refusal, uuid } from './fixtures/doors.ts'

let doors: Doors
let ada: Account
let eve: Account

beforeAll(async () => {
  doors = await openDoors()
  ada = await doors.signUp()
  eve = await doors.signUp()
})
afterAll(() => doors.close())

it('A8 a task belongs to one user, by an indexed foreign key that is never null', async () => {
  const body = { title: 'Buy milk', description: 'Two', priority: 'high', due_date: '2026-12-24' }
  const { token, userId } = ada
  const created = await doors.rest('POST', '/api/tasks', { token, body: { ...body, completed: true } })
  expect(created.body).toMatchObject({ ...body, completed: true, user_id: userId })
  expect(await ada.trpc.tasks.get.query({ id: created.body.id })).toMatchObject({ title: 'Buy milk', userId })

  const columns = await doors.rows(
    `select column_name as name, data_type as type, is_nullable as nullable
      from information_schema.columns where table_name = 'tasks'`,
  )
  expect(columns).toEqual(
    expect.arrayContaining([
      { name: 'user_id', type: 'uuid', nullable: 'NO' },
      { name: 'title', type: 'text', nullable: 'NO' },
      { name: 'description', type: 'text', nullable: 'YES' },
      { name: 'priority', type: 'USER-DEFINED', nullable: 'YES' },
      { name: 'due_date', type: 'date', nullable: 'YES' },
      { name: 'completed', type: 'boolean', nullable: 'NO' },
    ]),
  )
  const ofNobody = doors.rows(
    `insert into tasks (user_id, id, title) values (gen_random_uuid(), gen_random_uuid(), 'x')`,
  )
  await expect(ofNobody).rejects.toThrow('violates foreign key constraint')
  const keys = `select pg_get_constraintdef(oid) as key from pg_constraint
    where conrelid = 'tasks'::regclass and contype = 'f'`
  expect(await doors.rows(keys)).toEqual([
    { key: 'FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE' },
  ])
  const indexes = await doors.rows(`select indexdef from pg_indexes where tablename = 'tasks'`)
  const definitions = indexes.map(({ indexdef }) => String(indexdef))
  expect(definitions).toContainEqual(expect.stringMatching(/tasks_pkey .*\(user_id, id\)/))
  expect(definitions).toContainEqual(expect.stringMatching(/\(user_id, completed, created_at, id\)/))
})

it('A9 tasks are listed by filters, created with 201 and Location, read, changed in part and deleted', async () => {
  const { token, trpc } = await doors.signUp()
  const create = (body: object) => doors.rest('POST', '/api/tasks', { token, body })
  const created = await create({ title: 'Write', priority: 'high', description: 'Long' })
  await create({ title: 'Read', priority: 'low', completed: true })
  const { id } = created.body
  expect(created).toMatchObject({ status: 201, headers: { location: `/api/tasks/${id}` }, body: { id } })
  const path = String(created.headers['location'])
  expect(await doors.rest('GET', path, { token })).toMatchObject({ status: 200, body: created.body })

  const titles = async (query?: Record<string, string>) => {
    const { body } = await doors.rest('GET', '/api/tasks', { token, ...(query && { query }) })
    return body.tasks.map(({ title }: { title: string }) => title)
  }
  expect(await titles()).toEqual(['Read', 'Write'])
  expect(await titles({ completed: 'true' })).toEqual(['Read'])
  expect(await titles({ completed: 'false' })).toEqual(['Write'])
  expect(await titles({ priority: 'low' })).toEqual(['Read'])
  expect(await titles({ priority: 'high', completed: 'true' })).toEqual([])
  expect(await trpc.tasks.list.query({ completed: false, priority: 'high' })).toMatchObject({
    tasks: [{ title: 'Write' }],
    total: 1,
  })

  const changed = await doors.rest('PATCH', path, { token, body: { completed: true } })
  const kept = { title: 'Write', priority: 'high', description: 'Long' }
  expect(changed).toMatchObject({ status: 200, body: { ...kept, completed: true } })
  expect(await trpc.tasks.update.mutate({ id, title: 'Wrote' })).toMatchObject({ ...kept, title: 'Wrote' })

  const deleted = await doors.rest('DELETE', path, { token })
  expect(deleted).toMatchObject({ status: 204, body: '' })
  expect((await doors.rest('GET', path, { token })).status).toBe(404)
  const other = await trpc.tasks.create.mutate({ title: 'Over tRPC' })
  expect(other.id).toMatch(uuid)
  await trpc.tasks.delete.mutate({ id: other.id })
  await expect(trpc.tasks.get.query({ id: other.id })).rejects.toMatchObject(refusal(404, 'TASK_NOT_FOUND'))
})

it("A10 somebody else's task is 404 and stays as it is, and no list shows it", async () => {
  const before = await ada.trpc.tasks.create.mutate({ title: 'Hers' })
  const { id } = before
  const absent = crypto.randomUUID()
  const answers = async (path: string) => [
    await doors.rest('GET', path, { token: eve.token }),
    await doors.rest('PATCH', path, { token: eve.token, body: { title: 'Mine' } }),
    await doors.rest('PUT', path, { token: eve.token, body: { title: 'Mine' } }),
    await doors.rest('PATCH', `${path}/complete`, { token: eve.token }),
    await doors.rest('DELETE', path, { token: eve.token }),
  ]
  for (const path of [`/api/tasks/${id}`, `/tasks/${id}`, `/api/tasks/${absent}`]) {
    for (const answer of await answers(path))
      expect(answer).toMatchObject(problem(404, 'TASK_NOT_FOUND', 'Task not found'))
  }
  const { tasks } = eve.trpc
  for (const call of [
    () => tasks.get.query({ id }),
    () => tasks.update.mutate({ id, title: 'Mine' }),
    () => tasks.replace.mutate({ id, title: 'Mine' }),
    () => tasks.complete.mutate({ id }),
    () => tasks.delete.mutate({ id }),
  ])
    await expect(call()).rejects.toMatchObject(refusal(404, 'TASK_NOT_FOUND', 'Task not found'))
  expect(await ada.trpc.tasks.get.query({ id })).toEqual(before)
  expect((await doors.rest('GET', '/api/tasks', { token: eve.token })).body).toMatchObject({
    tasks: [],
    total: 0,
  })
  expect(await tasks.list.query({ trashed: true })).toMatchObject({ tasks: [], total: 0 })
})

it('A11 every error has detail and code, and one that nobody foresaw is 500 without a word of our inside', async () => {
  const { token, email, password } = ada
  const { body: task } = await doors.rest('POST', '/api/tasks', { token, body: { title: 'Here' } })
  const path = `/api/tasks/${task.id}`
  const signUp = { email, password, confirm_password: password }
  const refused = [
    [await doors.rest('POST', '/api/tasks', { token, body: { title: '' } }), 400, 'INPUT_INVALID'],
    [await doors.rest('GET', '/api/tasks'), 401, 'AUTHENTICATION_REQUIRED'],
    [await doors.rest('GET', `/api/${eve.userId}/tasks`, { token }), 403, 'OWNER_MISMATCH'],
    [await doors.rest('GET', `/api/tasks/${crypto.randomUUID()}`, { token }), 404, 'TASK_NOT_FOUND'],
    [await doors.rest('GET', '/api/nowhere', { token }), 404, 'ROUTE_NOT_FOUND'],
    [await doors.rest('DELETE', '/api/tasks', { token }), 405, 'METHOD_NOT_SUPPORTED'],
    [await doors.rest('POST', '/api/auth/signup', { body: signUp }), 409, 'EMAIL_TAKEN'],
    [await doors.rest('DELETE', path, { token, headers: { 'if-match': '"9"' } }), 412, 'PRECONDITION_FAILED'],
    [
      await doors.rest('POST', '/api/tasks', { token, body: {}, headers: { 'content-type': 'text/plain' } }),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      await doors.rest('POST', '/api/auth/signup', { body: { email: 'new@example.com', password: 'x' } }),
      422,
      'PASSWORD_TOO_WEAK',
    ],
  ] as const
  for (const [answer, status, code] of refused) {
    expect(answer).toMatchObject(problem(status, code))
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.body.detail.length).toBeGreaterThan(5)
    expectNothingInner(JSON.stringify(answer.body))
  }
  expect(refused[3][0].body.detail).toBe('Task not found')

  await doors.rows('alter table tasks rename to hidden')
  const unforeseen = await doors.rest('GET', path, { token })
  const overTrpc = await ada.trpc.tasks.get.query({ id: task.id }).catch((error: unknown) => error)
  await doors.rows('alter table hidden rename to tasks')
  const { message } = reasons.INTERNAL
  expect(unforeseen.status).toBe(500)
  expect(problemOf(unforeseen.body)).toMatchObject({ detail: message, code: 'INTERNAL' })
  expect(overTrpc).toMatchObject(refusal(500, 'INTERNAL', message))
  expectNothingInner(JSON.stringify([unforeseen.body, (overTrpc as { shape: unknown }).shape]))
  expect((await doors.rest('GET', path, { token })).status).toBe(200)
})

it('A12 documents to try out, and a README with a curl call for every endpoint', async () => {
  const page = await doors.app.inject('/docs')
  expect(page).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; ?script-src 'self'/)
  const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address)
  expect(assets.length).toBeGreaterThan(3)
  for (const address of assets) {
    expect(address).toMatch(/^(\.\/|\/)/)
    const asset = await doors.app.inject(new URL(address, 'http://tasklane.test/docs/').pathname)
    expect(asset.statusCode, address).toBe(200)
  }
  const initializer = await doors.app.inject('/docs/static/swagger-initializer.js')
  expect(`${page.body}${initializer.body}`).not.toMatch(/["'(=]\s*(https?:)?\/\/[a-z]/i)
  const published = await doors.rest('GET', '/api/openapi.json')
  expect((await doors.app.inject('/docs/json')).json().paths).toEqual(published.body.paths)

  const root = new URL('../../../../', import.meta.url)
  const documents = ['README.md', 'docs/rest.md'].filter((name) => existsSync(new URL(name, root)))
  const texts = documents.map((name) => readFileSync(new URL(name, root), 'utf8'))
  expect(texts[0]).toMatch(/^npm start/m)
  const calls = texts.flatMap(curlCallsIn)
  expect(calls).toContainEqual({ method: 'POST', path: '/trpc/tasks.create' })
  expect(calls).toContainEqual({ method: 'GET', path: '/trpc/tasks.list' })
  const lacking = Object.entries(openApiDocument().paths)
    .filter(([path]) => path.startsWith('/api/') && !path.startsWith('/api/{user_id}'))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
    )
    .filter(({ path, method }) => {
      const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`)
      return !calls.some((call) => call.method === method && pattern.test(call.path))
    })
  expect(lacking.map(({ method, path }) => `${method} ${path}`)).toEqual([])
})
