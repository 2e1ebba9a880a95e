import { createDependencies } from '@tasklane/api'
import { testSettings } from '@tasklane/api/testing'
import { connect } from '@tasklane/db'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildApp } from '../app.ts'
import { parseEnv } from '../env.ts'
import { expectNothingInner } from '../fixtures/answers.ts'
import { captureLog } from '../fixtures/captured-log.ts'
import { createRestCaller } from '../rest/fixtures/rest-caller.ts'
import { type Account, type Doors, openDoors, problem, refusal, uuid } from './fixtures/doors.ts'

const password = 'Correct-Horse-1'
let doors: Doors
let ada: Account
let eve: Account

beforeAll(async () => {
  doors = await openDoors()
  ada = await doors.signUp()
  eve = await doors.signUp()
})
afterAll(() => doors.close())

const signUp = (body: object) => doors.rest('POST', '/api/auth/signup', { body })

it('E1 signing up takes username, email, password and its confirmation', async () => {
  const grace = { username: 'Grace', email: 'grace@example.com', password, confirm_password: password }
  const answer = await signUp(grace)
  expect(answer).toMatchObject({
    status: 201,
    headers: { location: '/api/auth/me' },
    body: { user: { username: 'grace', email: 'grace@example.com' }, token: expect.any(String) },
  })
  const { token, user } = answer.body
  expect((await doors.rest('GET', '/api/auth/me', { token })).body).toEqual(user)

  const other = { ...grace, username: 'other', email: 'other@example.com' }
  const detail = 'The password and its confirmation differ'
  expect(await signUp({ ...other, confirm_password: `${password}1` })).toMatchObject(
    problem(422, 'PASSWORD_MISMATCH', detail),
  )
  expect(await signUp({ ...other, username: 'GRACE' })).toMatchObject(problem(409, 'USERNAME_TAKEN'))
  expect(await signUp({ ...other, email: 'GRACE@example.com' })).toMatchObject(problem(409, 'EMAIL_TAKEN'))
  for (const username of ['ab', 'has space', 'at@sign'])
    expect(await signUp({ ...other, username })).toMatchObject(problem(400, 'INPUT_INVALID'))

  const { auth } = doors.trpc()
  const linus = { username: 'Linus', email: 'linus@example.com', password, confirmPassword: password }
  expect((await auth.signUp.mutate(linus)).user).toMatchObject({ username: 'linus' })
  const mismatch = auth.signUp.mutate({
    ...linus,
    email: 'x@example.com',
    username: 'x-y',
    confirmPassword: 'x',
  })
  await expect(mismatch).rejects.toMatchObject(refusal(422, 'PASSWORD_MISMATCH', detail))
  const taken = auth.signUp.mutate({ ...linus, email: 'x@example.com' })
  await expect(taken).rejects.toMatchObject(refusal(409, 'USERNAME_TAKEN'))
})

it('E2 a log-in takes the username or the email', async () => {
  const account = { username: 'barbara', email: 'barbara@example.com', password }
  const { user_id: id } = (await signUp(account)).body
  const given = [
    { username_or_email: 'barbara' },
    { username_or_email: 'Barbara@example.com' },
    { username: 'BARBARA' },
    { email: 'barbara@example.com' },
  ]
  for (const name of given) {
    const answer = await doors.rest('POST', '/api/auth/login', { body: { ...name, password } })
    expect(answer).toMatchObject({ status: 200, body: { user: { id }, access_token: expect.any(String) } })
    const wrong = await doors.rest('POST', '/api/auth/login', {
      body: { ...name, password: 'Wrong-Horse-1' },
    })
    expect(wrong).toMatchObject(problem(401, 'CREDENTIALS_INVALID', 'Wrong username, email or password'))
  }
  const unknown = { username: 'nobody-here', password }
  expect((await doors.rest('POST', '/api/auth/login', { body: unknown })).status).toBe(401)
  const { logIn } = doors.trpc().auth
  for (const usernameOrEmail of ['barbara', 'barbara@example.com']) {
    expect((await logIn.mutate({ usernameOrEmail, password })).user.id).toBe(id)
    const wrong = logIn.mutate({ usernameOrEmail, password: 'Wrong-Horse-1' })
    await expect(wrong).rejects.toMatchObject(refusal(401, 'CREDENTIALS_INVALID'))
  }
})

it('E4 tasks are below their owner, too, and nobody else gets there', async () => {
  const { token, userId, trpc } = await doors.signUp()
  const base = `/api/${userId}/tasks`
  const call = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object) =>
    doors.rest(method, path, { token, body })
  const created = await call('POST', base, {
    title: 'Bread',
    priority: 'high',
    description: 'Rye',
    due_date: '2026-12-24',
  })
  const { id } = created.body
  const path = `${base}/${id}`
  expect(created).toMatchObject({ status: 201, headers: { location: path }, body: { user_id: userId } })
  for (const title of ['Apples', 'Cheese']) await call('POST', base, { title })

  const titles = async (query: Record<string, string>) => {
    const { body } = await doors.rest('GET', base, { token, query })
    return { ...body, tasks: body.tasks.map(({ title }: { title: string }) => title) }
  }
  const sorted = { sort: 'title', order: 'asc' }
  expect(await titles(sorted)).toMatchObject({ tasks: ['Apples', 'Bread', 'Cheese'], total: 3 })
  expect(await titles({ sort: 'title', order: 'desc' })).toMatchObject({
    tasks: ['Cheese', 'Bread', 'Apples'],
  })
  const first = await titles({ ...sorted, limit: '2' })
  expect(first).toMatchObject({ tasks: ['Apples', 'Bread'], total: 3, limit: 2, offset: 0 })
  expect(await titles({ ...sorted, limit: '2', cursor: first.next_cursor })).toMatchObject({
    tasks: ['Cheese'],
  })
  expect(await titles({ ...sorted, limit: '2', offset: '2' })).toMatchObject({ tasks: ['Cheese'], offset: 2 })

  expect((await call('GET', path)).body).toEqual(created.body)
  const changed = await call('PATCH', path, { priority: 'low' })
  expect(changed.body).toMatchObject({
    title: 'Bread',
    priority: 'low',
    description: 'Rye',
    due_date: '2026-12-24',
  })
  const cleared = { priority: null, description: null, due_date: null }
  expect((await call('PUT', path, { title: 'Rolls' })).body).toMatchObject({ title: 'Rolls', ...cleared })
  expect(await call('PUT', path, { priority: 'low' })).toMatchObject(problem(400, 'INPUT_INVALID'))
  const completed = await call('PATCH', `${path}/complete`)
  expect(completed).toMatchObject({
    status: 200,
    body: { completed: true, completed_at: expect.any(String) },
  })
  expect(await trpc.tasks.get.query({ id })).toMatchObject({ title: 'Rolls', completed: true })
  expect(await trpc.tasks.replace.mutate({ id, title: 'Buns' })).toMatchObject({ completed: false })

  const mine = { title: 'Mine' }
  const intrusions = [
    ...[
      ['GET', base],
      ['POST', base, mine],
      ['GET', path],
      ['PUT', path, mine],
      ['PATCH', path, mine],
    ],
    ...[
      ['PATCH', `${path}/complete`],
      ['DELETE', path],
    ],
  ] as [Parameters<typeof call>[0], string, object?][]
  for (const [method, where, body] of intrusions) {
    const answer = await doors.rest(method, where, { token: eve.token, body })
    expect(answer).toMatchObject(problem(403, 'OWNER_MISMATCH', 'The user in the path is not you'))
  }
  const throughHers = await doors.rest('GET', `/api/${eve.userId}/tasks/${id}`, { token: eve.token })
  expect(throughHers).toMatchObject(problem(404, 'TASK_NOT_FOUND'))
  expect(await call('DELETE', path)).toMatchObject({ status: 204, body: '' })
  expect(await call('GET', path)).toMatchObject(problem(404, 'TASK_NOT_FOUND'))
})

it('E5 task ids are UUIDs, invalid input is 400, and a failing database is told without a word of it', async () => {
  const { token, trpc } = ada
  const { id } = (await doors.rest('POST', '/api/tasks', { token, body: { title: 'x' } })).body
  expect(id).toMatch(uuid)
  expect((await trpc.tasks.create.mutate({ title: 'x' })).id).toMatch(uuid)
  const invalid = [
    ...[{}, { title: '' }, { title: 5 }, { title: 'x', priority: 'now' }, { title: 'x', due_date: 'soon' }],
    ...[
      { title: 'x', completed: 'yes' },
      { title: 'x', id: '7' },
      { title: 'x', tags: ['x'.repeat(51)] },
    ],
  ]
  for (const body of invalid) {
    const answer = await doors.rest('POST', '/api/tasks', { token, body })
    expect(answer).toMatchObject(problem(400, 'INPUT_INVALID'))
    const name = Object.keys(body).at(-1) ?? 'title'
    expect(answer.body.errors[0].pointer).toMatch(new RegExp(`^#/${name}`))
  }
  expect(await doors.rest('GET', '/api/tasks/7', { token })).toMatchObject(problem(400, 'INPUT_INVALID'))
  await expect(trpc.tasks.get.query({ id: '7' })).rejects.toMatchObject(refusal(400, 'INPUT_INVALID'))

  const database = await connect({
    url: 'postgres://nobody:hunter2@127.0.0.1:1/none',
    connectTimeoutSeconds: 2,
  })
  const { log, text } = captureLog()
  const dependencies = createDependencies({ db: database.db, log, settings: testSettings })
  const app = await buildApp({ dependencies, isReady: async () => false })
  const rest = createRestCaller(app)
  const away = await rest('POST', '/api/auth/login', { body: { email: ada.email, password } })
  const detail = 'The database cannot be reached. Try again in a moment'
  expect(away).toMatchObject(problem(503, 'DATABASE_UNAVAILABLE', detail))
  expect(away.headers['retry-after']).toBe('5')
  const payload = { json: { usernameOrEmail: ada.email, password } }
  const overTrpc = await app.inject({ method: 'POST', url: '/trpc/auth.logIn', payload })
  expect(overTrpc.json().error.json).toMatchObject(refusal(503, 'DATABASE_UNAVAILABLE', detail))
  expectNothingInner(overTrpc.body + JSON.stringify(away.body))
  expect(text()).not.toContain('hunter2')
  await app.close()
  await database.close()
})

// The last of this file: it moves the clock.
it('E3 a token may live for 7 days', async () => {
  const week = 7 * 24 * 3600
  const { accessTokenTtlSeconds } = parseEnv({ ACCESS_TOKEN_TTL_SECONDS: String(week) })
  const weekly = await doors.beside({ settings: { accessTokenTtlSeconds } })
  const body = { email: 'weekly@example.com', password }
  const { token, expires_in: expiresIn } = (await weekly.rest('POST', '/api/auth/signup', { body })).body
  const { iat = 0, exp = 0 } = decodeJwt(token)
  expect([expiresIn, exp - iat]).toEqual([week, week])
  weekly.backend.advanceSeconds(week - 60)
  expect((await weekly.rest('GET', '/api/tasks', { token })).status).toBe(200)
  expect(await weekly.trpc(token).tasks.list.query()).toMatchObject({ total: 0 })
  weekly.backend.advanceSeconds(120)
  const over = await weekly.rest('GET', '/api/tasks', { token })
  expect(over).toMatchObject(problem(401, 'TOKEN_EXPIRED', 'Token expired'))
  await weekly.close()
})
