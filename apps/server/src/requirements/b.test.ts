import { readFileSync } from 'node:fs'
import { testSettings } from '@tasklane/api/testing'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { captureLog } from '../fixtures/captured-log.ts'
import { forgeToken } from '../fixtures/jwt.ts'
import { type Account, type Doors, openDoors, problem, refusal, uuid } from './fixtures/doors.ts'

const password = 'Correct-Horse-1'
let doors: Doors
let ada: Account

beforeAll(async () => {
  doors = await openDoors()
  ada = await doors.signUp()
})
afterAll(() => doors.close())

const logIn = (email: string, ipAddress = '127.0.0.1', given = password) =>
  doors.rest('POST', '/api/auth/login', { body: { email, password: given }, ipAddress })

it('B1 signing up with email and password is 201, with id, email and token', async () => {
  for (const [path, email] of [
    ['/api/auth/signup', 'Grace@Example.com'],
    ['/api/auth/register', ' Barbara@Example.com '],
  ] as const) {
    const answer = await doors.rest('POST', path, { body: { email, password } })
    const stored = email.trim().toLowerCase()
    expect(answer).toMatchObject({
      status: 201,
      body: { email: stored, user_id: expect.stringMatching(uuid) },
    })
    const { token, user_id: id } = answer.body
    expect(await doors.rest('GET', '/api/auth/me', { token })).toMatchObject({ status: 200, body: { id } })
    const again = await doors.rest('POST', path, { body: { email: stored, password } })
    expect(again).toMatchObject(problem(409, 'EMAIL_TAKEN'))
  }
  const hopper = await doors.trpc().auth.signUp.mutate({ email: 'Hopper@Example.com', password })
  expect(hopper.user.email).toBe('hopper@example.com')
  expect((await doors.trpc(hopper.accessToken).auth.me.query()).id).toBe(hopper.user.id)
  const taken = doors.trpc().auth.signUp.mutate({ email: 'HOPPER@example.com', password })
  await expect(taken).rejects.toMatchObject(refusal(409, 'EMAIL_TAKEN'))

  const weak = [
    ['Aa1-xyz', 'at least 8 characters'],
    ['correct-horse-1', 'an upper-case letter'],
    ['CORRECT-HORSE-1', 'a lower-case letter'],
    ['Correct-Horse-x', 'a digit'],
  ] as const
  for (const [given, lacking] of weak) {
    const account = { email: 'weak@example.com', password: given }
    const detail = `The password needs ${lacking}`
    const answer = await doors.rest('POST', '/api/auth/signup', { body: account })
    expect(answer).toMatchObject(problem(422, 'PASSWORD_TOO_WEAK', detail))
    const call = doors.trpc().auth.signUp.mutate(account)
    await expect(call).rejects.toMatchObject(refusal(422, 'PASSWORD_TOO_WEAK', detail))
  }
  for (const email of ['nobody', 'a@', '@example.com', 'a b@example.com']) {
    const answer = await doors.rest('POST', '/api/auth/signup', { body: { email, password } })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/email' }] } })
    const call = doors.trpc().auth.signUp.mutate({ email, password })
    await expect(call).rejects.toMatchObject(refusal(400, 'INPUT_INVALID'))
  }
})

/** What a call costs this process, hashing threads included, in milliseconds. */
async function cpuOf(call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const median = (all: number[]) => [...all].sort((one, other) => one - other)[all.length >> 1] ?? Number.NaN

it('B2 a log-in is 200, and every failure looks and costs the same', async () => {
  const { email, userId } = await doors.signUp()
  const answer = await logIn(email.toUpperCase())
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', user: { id: userId } } })
  const { body: me } = await doors.rest('GET', '/api/auth/me', { token: answer.body.access_token })
  expect(Math.abs(Date.parse(me.last_login_at) - Date.now())).toBeLessThan(10_000)
  const overTrpc = await doors.trpc().auth.logIn.mutate({ usernameOrEmail: email, password })
  expect(Number(overTrpc.user.lastLoginAt)).toBeGreaterThanOrEqual(Date.parse(me.last_login_at))

  const failures = [
    () => logIn(email, '127.0.0.1', 'Wrong-Horse-1'),
    () => logIn('unknown@example.com', '127.0.0.1', 'Wrong-Horse-1'),
  ]
  const seen: unknown[] = []
  const costs: number[][] = failures.map(() => [])
  // In turns, so that what else goes on costs each as much.
  for (let time = 0; time < 20; time += 1)
    for (const [index, fail] of failures.entries())
      costs[index]?.push(
        await cpuOf(async () => {
          const { status, body, headers } = await fail()
          seen.push({ status, body, names: Object.keys(headers), challenge: headers['www-authenticate'] })
        }),
      )
  expect(seen[0]).toMatchObject(problem(401, 'CREDENTIALS_INVALID'))
  for (const each of seen) expect(each).toEqual(seen[0])
  const [wrong = Number.NaN, unknown = Number.NaN] = costs.map(median)
  expect(Math.max(wrong, unknown) / Math.min(wrong, unknown), `${wrong}, ${unknown}`).toBeLessThan(1.5)

  await doors.rows(`update users set is_active = false where id = '${userId}'`)
  const inactive = await logIn(email)
  expect(inactive).toMatchObject(
    problem(401, 'CREDENTIALS_INVALID', (seen[0] as typeof inactive).body.detail),
  )
  const call = doors.trpc().auth.logIn.mutate({ usernameOrEmail: email, password })
  await expect(call).rejects.toMatchObject(refusal(401, 'CREDENTIALS_INVALID', inactive.body.detail))
})

it('B3 the sixth log-in of a minute is 429 for this client, and written down', async () => {
  const rateLimits = { ...testSettings.rateLimits, logInPerMinute: 5, logInPerAddressPerMinute: 20 }
  const log = captureLog()
  const limited = await doors.beside({ log: log.log, settings: { rateLimits } })
  const { email } = await doors.signUp()
  const attempt = (given: string, ipAddress = '127.0.0.1') =>
    limited.rest('POST', '/api/auth/login', { body: { email, password: given }, ipAddress })
  for (let time = 0; time < 5; time += 1)
    expect(await attempt('Wrong-Horse-1')).toMatchObject(problem(401, 'CREDENTIALS_INVALID'))
  log.clear()
  const sixth = await attempt(password)
  expect(sixth).toMatchObject(problem(429, 'RATE_LIMITED', 'Too many attempts. Try again later'))
  expect(Number(sixth.headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(sixth.headers['retry-after'])).toBeLessThanOrEqual(60)
  expect(log.entries()).toContainEqual(
    expect.objectContaining({ event: 'log_in_refused', reason: 'RATE_LIMITED', ipAddress: '127.0.0.1' }),
  )
  const overTrpc = limited.trpc().auth.logIn.mutate({ usernameOrEmail: email, password })
  await expect(overTrpc).rejects.toMatchObject(refusal(429, 'RATE_LIMITED'))
  const events = `select event_type, success, host(ip_address) as address from auth_events
    where failure_reason = 'RATE_LIMITED'`
  expect(await limited.rows(events)).toEqual([{ event_type: 'log_in', success: false, address: '127.0.0.1' }])
  expect((await attempt(password, '198.51.100.9')).status).toBe(200)
  await limited.close()
})

it('B4 a path that names another user is 403, and a token that is not good is 401', async () => {
  const { token, userId } = ada
  const eve = await doors.signUp()
  expect((await doors.rest('GET', `/api/${userId}/tasks`, { token })).status).toBe(200)
  for (const owner of [eve.userId, crypto.randomUUID(), 'nobody']) {
    const answer = await doors.rest('GET', `/api/${owner}/tasks`, { token })
    expect(answer).toMatchObject(problem(403, 'OWNER_MISMATCH', 'The user in the path is not you'))
  }
  const { jwtSecret: secret } = testSettings
  const past = Math.floor(Date.now() / 1000) - 3600
  const refused = [
    [undefined, 'AUTHENTICATION_REQUIRED'],
    [forgeToken({ secret: 'a secret of somebody else, 32 bytes and more' }), 'TOKEN_INVALID'],
    [forgeToken({ secret, claims: { iat: past - 900, exp: past } }), 'TOKEN_EXPIRED'],
  ] as const
  for (const [given, reason] of refused) {
    for (const owner of [userId, eve.userId])
      expect(await doors.rest('GET', `/api/${owner}/tasks`, { token: given })).toMatchObject(
        problem(401, reason),
      )
    await expect(doors.trpc(given).tasks.list.query()).rejects.toMatchObject(refusal(401, reason))
  }
  // At the tRPC door nothing names an owner, and whatever tries to is refused.
  const named = { title: 'x', userId: eve.userId }
  await expect(ada.trpc.tasks.create.mutate(named)).rejects.toMatchObject(refusal(400, 'INPUT_INVALID'))
})

it('B5 a log-out is 200, and ends both tokens', async () => {
  const overRest = (await logIn(ada.email)).body
  const answer = await doors.rest('POST', '/api/auth/logout', { token: overRest.access_token })
  expect(answer).toMatchObject({ status: 200, body: { message: 'Logged out' } })
  const overTrpc = await doors.trpc().auth.logIn.mutate({ usernameOrEmail: ada.email, password })
  await doors.trpc(overTrpc.accessToken).auth.logOut.mutate()
  for (const [token, refreshToken] of [
    [overRest.access_token, overRest.refresh_token],
    [overTrpc.accessToken, overTrpc.refreshToken],
  ]) {
    const refused = await doors.rest('GET', '/api/tasks', { token })
    expect(refused).toMatchObject(problem(401, 'TOKEN_INVALID', 'Invalid or expired token'))
    await expect(doors.trpc(token).auth.me.query()).rejects.toMatchObject(refusal(401, 'TOKEN_INVALID'))
    const body = { refresh_token: refreshToken }
    expect(await doors.rest('POST', '/api/auth/refresh', { body })).toMatchObject(
      problem(401, 'REFRESH_TOKEN_INVALID'),
    )
  }
  expect((await doors.rest('GET', '/api/tasks', { token: ada.token })).status).toBe(200)
})

const refresh = (token: string) => doors.rest('POST', '/api/auth/refresh', { body: { refresh_token: token } })
const refused = problem(401, 'REFRESH_TOKEN_INVALID')

it('B6 a refresh token is opaque, rotated at each use, good for 7 days, and nowhere stored', async () => {
  const { refreshToken: first, trpc } = await doors.signUp()
  expect(first.split('.')).not.toHaveLength(3)
  const second = await refresh(first)
  expect(second).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 900 } })
  expect(second.body.refresh_token).not.toBe(first)
  expect((await doors.rest('GET', '/api/tasks', { token: second.body.access_token })).status).toBe(200)
  const third = await doors.trpc().auth.refresh.mutate({ refreshToken: second.body.refresh_token })
  expect(third.refreshToken).not.toBe(second.body.refresh_token)

  // An old one is a copy: whoever holds it, the session ends.
  expect(await refresh(first)).toMatchObject(refused)
  expect(await refresh(third.refreshToken)).toMatchObject(refused)
  await expect(trpc.auth.me.query()).rejects.toMatchObject(refusal(401, 'TOKEN_INVALID'))

  const { refreshToken: kept, email } = await doors.signUp()
  const tables = await doors.rows(`select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`)
  expect(tables.map(({ name }) => name)).toContain('sessions')
  const secretPart = kept.slice(-20)
  for (const { name } of tables) {
    const found = await doors.rows(
      `select from "${name}" as one where one::text like '%${secretPart}%'
        or one::text like '%${Buffer.from(secretPart).toString('hex')}%'`,
    )
    expect(found, String(name)).toEqual([])
  }

  const sevenDays = 7 * 24 * 3600
  doors.backend.advanceSeconds(sevenDays - 60)
  const late = await refresh(kept)
  expect(late.status).toBe(200)
  doors.backend.advanceSeconds(sevenDays + 60)
  expect(await refresh(late.body.refresh_token)).toMatchObject(refused)

  const { body: live } = await doors.rest('POST', '/api/auth/login', { body: { email, password } })
  await doors.rest('POST', '/api/auth/logout', { token: live.access_token })
  expect(await refresh(live.refresh_token)).toMatchObject(refused)
  const call = doors.trpc().auth.refresh.mutate({ refreshToken: live.refresh_token })
  await expect(call).rejects.toMatchObject(refusal(401, 'REFRESH_TOKEN_INVALID'))
})

it('B7 what happens at the gate is a row of auth_events', async () => {
  const columns = await doors.rows(
    `select column_name as name from information_schema.columns where table_name = 'auth_events'`,
  )
  expect(columns.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      ...[
        'id',
        'user_id',
        'event_type',
        'ip_address',
        'user_agent',
        'success',
        'failure_reason',
        'created_at',
      ],
    ]),
  )
  const headers = { 'user-agent': 'curl/8' }
  const from = { headers, ipAddress: '203.0.113.5' }
  const email = 'gate@example.com'
  const account = { email, password }
  const { body } = await doors.rest('POST', '/api/auth/signup', { body: account, ...from })
  const wrong = { email, password: 'Wrong-Horse-1' }
  expect((await doors.rest('POST', '/api/auth/login', { body: wrong, ...from })).status).toBe(401)
  const { body: tokens } = await doors.rest('POST', '/api/auth/login', { body: account, ...from })
  const given = { refresh_token: tokens.refresh_token }
  await doors.rest('POST', '/api/auth/refresh', { body: given, ...from })
  await doors.rest('POST', '/api/auth/logout', { token: tokens.access_token, ...from })

  const happened = (userId: string) =>
    doors.rows(
      `select event_type as type, success, failure_reason as reason, host(ip_address) as address,
        user_agent as agent, id::text, created_at is not null as dated
        from auth_events where user_id = '${userId}' order by id`,
    )
  const row = { address: '203.0.113.5', agent: 'curl/8', dated: true, id: expect.stringMatching(uuid) }
  const good = { ...row, success: true, reason: null }
  expect(await happened(body.user_id)).toEqual([
    { ...good, type: 'sign_up' },
    { ...row, type: 'log_in', success: false, reason: 'WRONG_PASSWORD' },
    { ...good, type: 'log_in' },
    { ...good, type: 'refresh' },
    { ...good, type: 'log_out' },
  ])

  const trpc = doors.trpc()
  const { accessToken, user } = await trpc.auth.signUp.mutate({ email: 'trpc@example.com', password })
  await trpc.auth.logIn.mutate({ usernameOrEmail: 'trpc@example.com', password: 'x' }).catch(() => undefined)
  const again = await trpc.auth.logIn.mutate({ usernameOrEmail: 'trpc@example.com', password })
  await trpc.auth.refresh.mutate({ refreshToken: again.refreshToken })
  await doors.trpc(again.accessToken).auth.logOut.mutate()
  const types = (await happened(user.id)).map(({ type, success }) => [type, success])
  expect(types).toEqual([
    ...[
      ['sign_up', true],
      ['log_in', false],
      ['log_in', true],
      ['refresh', true],
      ['log_out', true],
    ],
  ])
  expect((await doors.rest('GET', '/api/auth/events', { token: accessToken })).body.events).toHaveLength(5)
})

it('B8 a query finds many failures from one address, or for one account', async () => {
  const { email, userId } = await doors.signUp()
  const fail = (name: string, ipAddress: string) =>
    doors.rest('POST', '/api/auth/login', { body: { email: name, password: 'x' }, ipAddress })
  for (let time = 0; time < 5; time += 1) {
    await fail(`somebody-${time}@example.com`, '203.0.113.66')
    await fail(email, `198.51.100.${time + 1}`)
  }
  const admin = await doors.signUp()
  const path = '/api/security/suspicious'
  expect(await doors.rest('GET', path, { token: admin.token })).toMatchObject(problem(403, 'ADMIN_REQUIRED'))
  await doors.rows(`update users set role = 'admin' where id = '${admin.userId}'`)
  const find = (failures: string) =>
    doors.rest('GET', path, { token: admin.token, query: { failures_min: failures } })
  const { status, body } = await find('5')
  expect(status).toBe(200)
  expect(body.by_address).toMatchObject([{ address: '203.0.113.66', failures: 5, accounts: 5 }])
  expect(body.by_account).toMatchObject([{ user_id: userId, failures: 5, addresses: 5 }])
  expect((await find('6')).body).toMatchObject({ by_address: [], by_account: [] })
  expect(await admin.trpc.security.suspicious.query({ failuresMin: 5 })).toMatchObject({
    byAddress: [{ address: '203.0.113.66', failures: 5 }],
    byAccount: [{ userId, failures: 5 }],
  })
})

it('B9 tokens, limits and log-outs are documented, and a caller goes from sign-up to log-out', async () => {
  const origin = await doors.app.listen({ host: '127.0.0.1', port: 0 })
  const call = async (path: string, { token, body }: { token?: string; body?: object } = {}) => {
    const res = await fetch(`${origin}${path}`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    })
    return { status: res.status, body: (await res.json()) as Record<string, string> }
  }
  const account = { email: 'end-to-end@example.com', password }
  expect((await call('/api/auth/signup', { body: account })).status).toBe(201)
  const { status, body } = await call('/api/auth/login', { body: account })
  expect(status).toBe(200)
  const { access_token: token = '' } = body
  expect((await call('/api/tasks', { token, body: { title: 'Mine' } })).status).toBe(201)
  expect(await call('/api/tasks', { token })).toMatchObject({ status: 200, body: { total: 1 } })
  expect(await call('/api/auth/logout', { token, body: {} })).toMatchObject({
    body: { message: 'Logged out' },
  })
  expect(await call('/api/tasks', { token })).toMatchObject({ status: 401, body: { code: 'TOKEN_INVALID' } })

  const document = readFileSync(new URL('../../../../docs/security.md', import.meta.url), 'utf8')
  const section = (title: string) => document.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
  const words = [...Object.keys(decodeJwt(token)), ...Object.keys(decodeProtectedHeader(token))]
  expect(words.length).toBeGreaterThan(9)
  for (const word of words)
    expect(section('Access tokens')).toMatch(new RegExp(`^\\|.*\`${word}\`.*\\|.*\\|$`, 'm'))
  expect(section('Limits')).toContain('`RATE_LIMIT_LOGIN_PER_MINUTE`    | 5 ')
  for (const act of ['auth.logOut', 'auth.logOutEverywhere', 'sessions.revoke'])
    expect(section('What a log-out ends')).toContain(`\`${act}\``)
})
