import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseEnv } from '../env.ts'
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

it('D3 register, login, logout and me are below /api/auth, and no answer has a password hash', async () => {
  const account = { email: 'grace@example.com', password }
  const registered = await doors.rest('POST', '/api/auth/register', { body: account })
  expect(registered.status).toBe(201)
  const loggedIn = await doors.rest('POST', '/api/auth/login', { body: account })
  const { access_token: token } = loggedIn.body
  const user = { id: registered.body.user_id, email: account.email }
  expect(loggedIn).toMatchObject({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/), token_type: 'Bearer', user },
  })
  const me = await doors.rest('GET', '/api/auth/me', { token })
  expect(me).toMatchObject({ status: 200, body: user })
  const exported = await doors.rest('GET', '/api/auth/export', { token })
  const events = await doors.rest('GET', '/api/auth/events', { token })
  const out = await doors.rest('POST', '/api/auth/logout', { token })
  expect(out).toMatchObject({ status: 200, body: { message: 'Logged out' } })
  expect((await doors.rest('GET', '/api/auth/me', { token })).status).toBe(401)

  const overTrpc = await doors.trpc().auth.logIn.mutate({ usernameOrEmail: account.email, password })
  expect(overTrpc).toMatchObject({ tokenType: 'Bearer', user })
  const client = doors.trpc(overTrpc.accessToken)
  const seen = [await client.auth.me.query(), await client.auth.exportData.query()]
  expect(await client.auth.logOut.mutate()).toEqual({ message: 'Logged out' })

  const [stored] = await doors.rows(`select password_hash as hash from users where id = '${user.id}'`)
  expect(stored?.['hash']).toMatch(/^\$argon2id\$/)
  const bodies = [registered, loggedIn, me, exported, events, out].map(({ body }) => body)
  for (const text of [...bodies, overTrpc, ...seen].map((each) => JSON.stringify(each)))
    expect(text).not.toMatch(/argon2|password_?hash/i)
})

it('D4 a secret has 32 bytes or more, and a token says whose it is and when it expires', async () => {
  const secret = 'v0c8Jm3Yq1h0u2mVJr1j3Zr8W2x9k5T7'
  expect(parseEnv({ JWT_SECRET: secret }).jwtSecret).toBe(secret)
  expect(() => parseEnv({ JWT_SECRET: secret.slice(1) })).toThrow('JWT_SECRET: Must have at least 32 bytes')
  expect(parseEnv({}).accessTokenTtlSeconds).toBe(900)
  const lifeOf = (token: string) => {
    const { sub, iat = 0, exp = 0 } = decodeJwt(token)
    expect(sub).toBe(ada.userId)
    return exp - iat
  }
  expect(lifeOf(ada.token)).toBe(900)
  const { accessTokenTtlSeconds } = parseEnv({ ACCESS_TOKEN_TTL_SECONDS: '86400' })
  const daily = await doors.beside({ settings: { accessTokenTtlSeconds } })
  const body = { email: ada.email, password }
  const { body: tokens } = await daily.rest('POST', '/api/auth/login', { body })
  expect(tokens.expires_in).toBe(86_400)
  expect(lifeOf(tokens.access_token)).toBe(86_400)
  const { accessToken } = await daily.trpc().auth.logIn.mutate({ usernameOrEmail: ada.email, password })
  expect(lifeOf(accessToken)).toBe(86_400)
  await daily.close()
})

it('D5 tasks are created, read, changed and deleted by their owner, whom the token names', async () => {
  const { token, userId, trpc } = await doors.signUp()
  const created = await doors.rest('POST', '/api/tasks', { token, body: { title: 'One' } })
  const { id } = created.body
  expect(created.body).toEqual({
    ...{
      id: expect.stringMatching(uuid),
      user_id: userId,
      title: 'One',
      description: null,
      completed: false,
    },
    ...{ completed_at: null, priority: null, due_date: null, tags: [], version: 1, deleted_at: null },
    ...{ created_at: expect.any(String), updated_at: expect.any(String) },
  })
  const path = `/api/tasks/${id}`
  expect((await doors.rest('GET', path, { token })).body).toEqual(created.body)
  expect((await doors.rest('PATCH', path, { token, body: { title: 'First' } })).body.title).toBe('First')
  expect((await doors.rest('PUT', path, { token, body: { title: 'Whole' } })).body.title).toBe('Whole')
  await trpc.tasks.create.mutate({ title: 'Two', completed: true })
  await trpc.tasks.create.mutate({ title: 'Three' })

  for (const owner of [{ user_id: eve.userId }, { userId: eve.userId }, { owner_id: eve.userId }]) {
    const answer = await doors.rest('POST', '/api/tasks', { token, body: { title: 'x', ...owner } })
    const errors = [{ pointer: `#/${Object.keys(owner)[0]}`, message: 'Unknown field' }]
    expect(answer).toMatchObject({ status: 400, body: { code: 'INPUT_INVALID', errors } })
    const call = trpc.tasks.create.mutate({ title: 'x', ...owner })
    await expect(call).rejects.toMatchObject(refusal(400, 'INPUT_INVALID'))
  }
  expect((await eve.trpc.tasks.list.query()).total).toBe(0)

  const list = async (query: Record<string, string>) => {
    const { body } = await doors.rest('GET', '/api/tasks', { token, query })
    return { ...body, tasks: body.tasks.map(({ title }: { title: string }) => title) }
  }
  const shape = { next_cursor: null, limit: 20, offset: 0 }
  expect(await list({})).toEqual({ ...shape, tasks: ['Three', 'Two', 'Whole'], total: 3 })
  expect(await list({ completed: 'true' })).toEqual({ ...shape, tasks: ['Two'], total: 1 })
  expect(await list({ completed: 'false' })).toEqual({ ...shape, tasks: ['Three', 'Whole'], total: 2 })
  const middle = { tasks: ['Two'], total: 3, limit: 1, offset: 1, next_cursor: expect.any(String) }
  expect(await list({ limit: '1', offset: '1' })).toEqual(middle)
  expect(await trpc.tasks.list.query({ limit: 1, offset: 1 })).toMatchObject({
    ...{ tasks: [{ title: 'Two' }], total: 3, limit: 1, offset: 1 },
  })
  expect((await doors.rest('DELETE', path, { token })).status).toBe(204)
  expect(await list({})).toMatchObject({ tasks: ['Three', 'Two'], total: 2 })
})

it('D6 refusals are 400 or 422, 401, 403, 404 and 409, and a foreign task is 403 where the deployment says so', async () => {
  const { token, trpc } = ada
  const hers = await doors.rest('POST', '/api/tasks', { token, body: { title: 'Hers' } })
  const { id } = hers.body
  const taken = { email: eve.email, password }
  const stale = { title: 'x', expected_version: 7 }
  const readOnly = await doors.rest('POST', '/api/auth/tokens', {
    token,
    body: { name: 'r', scopes: 'read' },
  })
  const apiToken = readOnly.body.token
  const answers = [
    [
      await doors.rest('POST', '/api/tasks', { token, body: { title: 'x'.repeat(501) } }),
      400,
      'INPUT_INVALID',
    ],
    [await doors.rest('GET', '/api/tasks', { token, query: { limit: '101' } }), 400, 'INPUT_INVALID'],
    [
      await doors.rest('GET', '/api/tasks', { token, query: { sort: 'relevance' } }),
      422,
      'INPUT_CONTRADICTORY',
    ],
    [
      await doors.rest('POST', '/api/auth/signup', { body: { ...taken, confirm_password: 'y' } }),
      422,
      'PASSWORD_MISMATCH',
    ],
    [await doors.rest('GET', '/api/tasks'), 401, 'AUTHENTICATION_REQUIRED'],
    [
      await doors.rest('POST', '/api/tasks', { token: apiToken, body: { title: 'x' } }),
      403,
      'SCOPE_INSUFFICIENT',
    ],
    [await doors.rest('GET', `/api/tasks/${crypto.randomUUID()}`, { token }), 404, 'TASK_NOT_FOUND'],
    [await doors.rest('POST', '/api/auth/signup', { body: taken }), 409, 'EMAIL_TAKEN'],
    [await doors.rest('PATCH', `/api/tasks/${id}`, { token, body: stale }), 409, 'VERSION_CONFLICT'],
  ] as const
  for (const [answer, status, code] of answers) expect(answer).toMatchObject(problem(status, code))
  const calls = [
    [() => trpc.tasks.list.query({ limit: 101 }), 400, 'INPUT_INVALID'],
    [() => trpc.tasks.list.query({ sort: 'relevance' }), 422, 'INPUT_CONTRADICTORY'],
    [() => doors.trpc().tasks.list.query(), 401, 'AUTHENTICATION_REQUIRED'],
    [() => doors.trpc(apiToken).tasks.create.mutate({ title: 'x' }), 403, 'SCOPE_INSUFFICIENT'],
    [() => trpc.tasks.get.query({ id: crypto.randomUUID() }), 404, 'TASK_NOT_FOUND'],
    [() => trpc.tasks.update.mutate({ id, title: 'x', expectedVersion: 7 }), 409, 'VERSION_CONFLICT'],
  ] as const
  for (const [call, status, reason] of calls)
    await expect(call()).rejects.toMatchObject(refusal(status, reason))

  expect(parseEnv({}).foreignTask).toBe('not_found')
  const { foreignTask } = parseEnv({ FOREIGN_TASK: 'forbidden' })
  const telling = await doors.beside({ settings: { foreignTask } })
  for (const [method, body] of [
    ['GET'],
    ['PATCH', { title: 'x' }],
    ['PUT', { title: 'x' }],
    ['DELETE'],
  ] as const) {
    const call = { token: eve.token, body }
    const detail = 'This task belongs to somebody else'
    expect(await telling.rest(method, `/api/tasks/${id}`, call)).toMatchObject(
      problem(403, 'TASK_FORBIDDEN', detail),
    )
    expect(await doors.rest(method, `/api/tasks/${id}`, call)).toMatchObject(problem(404, 'TASK_NOT_FOUND'))
  }
  const nobodys = await telling.rest('GET', `/api/tasks/${crypto.randomUUID()}`, { token: eve.token })
  expect(nobodys).toMatchObject(problem(404, 'TASK_NOT_FOUND'))
  const overTrpc = telling.trpc(eve.token).tasks.get.query({ id })
  await expect(overTrpc).rejects.toMatchObject(refusal(403, 'TASK_FORBIDDEN'))
  await telling.close()
})
