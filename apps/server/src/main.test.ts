import { access, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient, memoryStore, reasonOf } from '@tasklane/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepConnections } from './fixtures/keep-alive.ts'
import { openRaw } from './fixtures/raw-http.ts'
import {
  createFolder,
  createUsedFolder,
  runServer,
  type ServerProcess,
  startServer,
} from './fixtures/server-process.ts'

const variables = { LOG_LEVEL: 'info', RATE_LIMIT_SIGNUP_PER_HOUR: '0', HASHES_IN_FLIGHT: '1' }
let folder: string
let server: ServerProcess

beforeAll(async () => {
  folder = await createFolder()
  server = await startServer({ folder, variables })
}, 60_000)

afterAll(async () => {
  await server.end('SIGKILL')
  await rm(folder, { recursive: true })
})

let accounts = 0
const newAccount = () => ({ email: `user-${++accounts}@example.com`, password: 'Correct-Horse-1' })

const readMe = (accessToken: string) =>
  fetch(`${server.url}/trpc/auth.me`, { headers: { authorization: `Bearer ${accessToken}` } })

describe('a first run', () => {
  it('says where everything is', () => {
    const { url, printed } = server
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(printed()).toContain(`API       ${url}/api\n`)
    expect(printed()).toContain(`Health    ${url}/health\n`)
    expect(printed()).toContain(`Data      ${join(folder, '.data')} (embedded PostgreSQL)\n`)
    expect(printed()).toContain(`Secret    ${join(folder, '.data', 'secret')} (made on the first run)\n`)
  })

  it('prints a call that works', async () => {
    const [, url = '', header = '', body = ''] =
      /curl -s (\S+) -H '([^']+)' \\\n +-d '([^']+)'/.exec(server.printed()) ?? []
    const [name = '', value = ''] = header.split(': ')
    const res = await fetch(url, { method: 'POST', headers: { [name]: value }, body })
    expect(res.status).toBe(201)
    const { email } = JSON.parse(body) as { email: string }
    expect(await res.json()).toMatchObject({ user: { email } })
  })

  it('keeps its data and its secret to whoever started it', async () => {
    const file = join(folder, '.data', 'secret')
    expect((await stat(join(folder, '.data'))).mode & 0o777).toBe(0o700)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const secret = await readFile(file, 'utf8')
    expect(secret.length).toBeGreaterThanOrEqual(64)
    expect(server.printed()).not.toContain(secret)
  })

  it('is ready', async () => {
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
  })
})

it('serves the typed client from sign-up to log-out', async () => {
  const client = createClient({ url: server.url })
  const { user } = await client.auth.signUp.mutate(newAccount())
  const titles = ['One', 'Two', 'Three']
  const tasks = []
  for (const title of titles) tasks.push(await client.tasks.create.mutate({ title }))
  const [one, two] = tasks.map(({ id }) => ({ id }))
  if (!one || !two) throw new Error('No tasks were made.')
  expect((await client.tasks.complete.mutate(one)).completedAt).toBeInstanceOf(Date)
  await client.tasks.delete.mutate(two)
  const list = await client.tasks.list.query({ sort: 'createdAt', order: 'asc' })
  expect(list.tasks.map(({ title, completed }) => [title, completed])).toEqual([
    ['One', true],
    ['Three', false],
  ])
  expect((await client.auth.me.query()).id).toBe(user.id)
  await client.auth.logOut.mutate()
  expect(await client.auth.me.query().catch(reasonOf)).toBe('AUTHENTICATION_REQUIRED')
})

it('refuses a second server on the same data, and the first goes on', async () => {
  const { code, printed } = await runServer({ folder, variables })
  expect(code).toBe(1)
  expect(printed).toMatch(
    /^Tasklane did not start\.\nThe embedded database in \.data is open in process \d+\./,
  )
  expect(printed).toContain('Stop that process first')
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
})

it('loses nothing that it acknowledged when it is killed, and no session and no log-out', async () => {
  const session = memoryStore()
  const before = createClient({ url: server.url, session })
  const { accessToken } = await before.auth.signUp.mutate(newAccount())
  const leaving = createClient({ url: server.url })
  const left = await leaving.auth.signUp.mutate(newAccount())
  await leaving.auth.logOut.mutate()
  expect((await readMe(left.accessToken)).status).toBe(401)

  const acknowledged: string[] = []
  const writeUntilItEnds = async () => {
    for (let index = 0; ; index++) {
      const task = await before.tasks.create.mutate({ title: `Task ${index}` })
      if (index % 2 === 0) await before.tasks.complete.mutate({ id: task.id })
      acknowledged.push(task.id)
    }
  }
  const writing = writeUntilItEnds().catch(() => {})
  await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(30)
  expect(await server.end('SIGKILL')).toBeNull()
  await writing

  server = await startServer({ folder, variables })
  const after = createClient({ url: server.url, session })
  expect((await readMe(accessToken)).status).toBe(200)
  const refused = await readMe(left.accessToken)
  expect(refused.status).toBe(401)
  expect(await refused.json()).toMatchObject({ error: { json: { data: { reason: 'TOKEN_INVALID' } } } })

  for (const [index, id] of acknowledged.entries()) {
    const task = await after.tasks.get.query({ id })
    expect(task).toMatchObject({ title: `Task ${index}`, completed: index % 2 === 0 })
  }
  const refreshToken = (await session.get())?.refreshToken ?? ''
  expect((await after.auth.refresh.mutate({ refreshToken })).expiresIn).toBe(900)
}, 60_000)

it('answers what runs at SIGTERM, hangs up on idle connections and ends with code 0', async () => {
  const kept = keepConnections(16)
  const ready = Array.from({ length: 16 }, () => kept.send(`${server.url}/health/ready`))
  expect(new Set(await Promise.all(ready))).toEqual(new Set([200]))
  const silent = openRaw(Number(new URL(server.url).port)).on('error', () => {})

  const running = Array.from({ length: 12 }, () => kept.send(`${server.url}/trpc/auth.signUp`, newAccount()))
  let answered = 0
  for (const each of running) each.then(() => answered++).catch(() => {})
  await Promise.race(running)
  expect(answered).toBeLessThan(12)

  const startedAt = performance.now()
  const code = await server.end('SIGTERM')
  expect(performance.now() - startedAt).toBeLessThan(9000)
  expect(await Promise.all(running)).toEqual(Array(12).fill(200))
  expect(code).toBe(0)
  expect(server.printed()).toMatch(/"signal":"SIGTERM","msg":"closing"[\s\S]*"msg":"closed"/)
  await expect(access(join(folder, '.data', 'lock'))).rejects.toMatchObject({ code: 'ENOENT' })
  silent.destroy()
  kept.close()
})

it.each([0, 1, 5, 20])(
  'takes Ctrl+C, which npm hands on a second time %i ms later, for one',
  async (milliseconds) => {
    const started = await startServer({ folder: await createUsedFolder(), variables })
    const ended = started.end('SIGINT')
    await pause(milliseconds)
    expect(await Promise.all([ended, started.end('SIGINT')])).toEqual([0, 0])
    expect(started.printed()).toContain('"msg":"closed"')
  },
)

it('refuses a port that is in use, and lets go of its data', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await pause(50)
  const address = other.address()
  const port = typeof address === 'object' && address ? String(address.port) : ''
  const { code, printed } = await runServer({ folder, variables: { ...variables, PORT: port } })
  other.close()
  expect(code).toBe(1)
  expect(printed).toContain(
    `Tasklane did not start.\nCannot listen on 127.0.0.1, port ${port}: another program does. Stop it, or set PORT.`,
  )
  await expect(access(join(folder, '.data', 'lock'))).rejects.toMatchObject({ code: 'ENOENT' })
})
