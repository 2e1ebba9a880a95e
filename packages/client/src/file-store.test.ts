import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createClient } from './create-client.ts'
import { fileStore } from './file-store.ts'
import { createSignedInSetting } from './fixtures/client.ts'

const session = { userId: 'u', accessToken: 'a', refreshToken: 'r' }
let database: Database
let folder: string

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tasklane-'))
})

afterEach(() => rm(folder, { recursive: true }))

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

it('keeps the session where only its owner can read it', async () => {
  const path = join(folder, 'config', 'tasklane', 'session.json')
  const store = fileStore(path)
  await store.set(session)
  expect(await store.get()).toEqual(session)
  expect(await modeOf(path)).toBe('600')
  expect(await modeOf(join(folder, 'config', 'tasklane'))).toBe('700')
  expect(await modeOf(join(folder, 'config'))).toBe('700')
})

it('takes the file from others who could read it before', async () => {
  const path = join(folder, 'session.json')
  await writeFile(path, '{}', { mode: 0o644 })
  await fileStore(path).set(session)
  expect(await modeOf(path)).toBe('600')
})

it('gives no session when there is no file or folder', async () => {
  expect(await fileStore(join(folder, 'missing', 'session.json')).get()).toBeUndefined()
})

it.each([
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '{}',
  '{"userId":"u","accessToken":"a"}',
  '{"userId":"u","accessToken":1,"refreshToken":"r"}',
  '{"userId":"u","accessToken":"a","refreshToken":null}',
  '\0\0\0',
])('gives no session for a file that holds %j, and writes a good one over it', async (text) => {
  const path = join(folder, 'session.json')
  await writeFile(path, text)
  const store = fileStore(path)
  expect(await store.get()).toBeUndefined()
  await store.set(session)
  expect(await store.get()).toEqual(session)
})

it('forgets the session, also when there is none', async () => {
  const store = fileStore(join(folder, 'session.json'))
  await store.set(session)
  await store.clear()
  await store.clear()
  expect(await store.get()).toBeUndefined()
  expect(await readdir(folder)).toEqual([])
})

it('never shows a reader half of a session', async () => {
  const path = join(folder, 'session.json')
  const store = fileStore(path)
  const long = { ...session, userId: 'u'.repeat(200_000) }
  await store.set(long)
  let isWriting = true
  const writing = (async () => {
    for (let round = 0; round < 50; round++) await store.set(long)
    isWriting = false
  })()
  while (isWriting) expect(await store.get()).toEqual(long)
  await writing
  expect(await readdir(folder)).toEqual(['session.json'])
})

it('leaves nothing behind when the file cannot be written', async () => {
  const path = join(folder, 'session.json')
  await mkdir(join(path, 'taken'), { recursive: true })
  await expect(fileStore(path).set(session)).rejects.toThrow()
  expect(await readdir(folder)).toEqual(['session.json'])
})

it('rejects when the file is out of reach, instead of taking that for signed out', async () => {
  await expect(fileStore(folder).get()).rejects.toThrow('EISDIR')
})

it('keeps a user signed in from one client to the next', async () => {
  const path = join(folder, 'session.json')
  const { backend, client } = await createSignedInSetting(database, { session: fileStore(path) })
  const { id } = await client.auth.me.query()
  const next = createClient({ url: 'http://server.test', fetch: backend.fetch, session: fileStore(path) })
  expect(await next.auth.me.query()).toMatchObject({ id })
})

it('holds nothing but the session', async () => {
  const path = join(folder, 'session.json')
  await createSignedInSetting(database, { session: fileStore(path) })
  const keys = Object.keys(JSON.parse(await readFile(path, 'utf8')))
  expect(keys.sort()).toEqual(['accessToken', 'refreshToken', 'userId'])
})

it('is refreshed once for 50 calls at a time, though it is slow to read', async () => {
  const path = join(folder, 'session.json')
  const { backend, client } = await createSignedInSetting(database, { session: fileStore(path) })
  backend.advanceClock(1000)
  await Promise.all(Array.from({ length: 50 }, () => client.tasks.list.query()))
  expect(backend.calls('auth.refresh')).toBe(1)
  expect(backend.sent).toHaveLength(3)
})
