import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createCaller, createContext } from '@tasklane/api'
import { connect, tables } from '@tasklane/db'
import { writeEmbeddedDatabase } from '@tasklane/db/testing'
import type { Backend } from '@tasklane/server/backend'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openQuietly, settingsOf } from '../fixtures/embedded.ts'
import { createFolder } from '../fixtures/folder.ts'
import { requireEmptyDatabase } from '../fixtures/postgres.ts'
import { CommandError } from '../problems.ts'
import { moveDatabase } from './move-database.ts'

const account = { email: 'mover@example.com', password: 'Correct-Horse-1' }
const title = '  \t a\r\n\u{1F680} e\u0301 \\ \' " \u0001 '

let folder: Awaited<ReturnType<typeof createFolder>>
let refreshToken: string

function callerOf({ dependencies }: Backend, accessToken?: string) {
  const authorization = accessToken === undefined ? [] : [`Bearer ${accessToken}`]
  return createCaller(createContext(dependencies, { authorization, ipAddress: '192.0.2.7' }))
}

async function logIn(backend: Backend) {
  const { accessToken } = await callerOf(backend).auth.logIn({
    usernameOrEmail: account.email,
    password: account.password,
  })
  return callerOf(backend, accessToken)
}

const allTasks = { limit: 100, order: 'asc' } as const

beforeAll(async () => {
  folder = await createFolder()
  await writeEmbeddedDatabase(folder.path)
  const backend = await openQuietly(settingsOf(folder.path))
  const signedUp = await callerOf(backend).auth.signUp(account)
  refreshToken = signedUp.refreshToken
  const caller = callerOf(backend, signedUp.accessToken)
  await caller.tasks.create({ title, description: `${title}\n`, tags: [' b ', 'é'], priority: 'urgent' })
  const done = await caller.tasks.create({ title: 'done', dueDate: '2028-02-29', completed: true })
  await caller.tasks.update({ id: done.id, description: 'changed' })
  const trashed = await caller.tasks.create({ title: 'in the trash' })
  await caller.tasks.delete({ id: trashed.id })
  await expect(callerOf(backend).auth.logIn({ usernameOrEmail: 'x', password: 'y' })).rejects.toThrow()
  await backend.database.close()
}, 60_000)
afterAll(() => folder.remove())

it('takes accounts, sessions and tasks along: all can go on where they were', async (ctx) => {
  const url = await requireEmptyDatabase(ctx)
  const before = await openQuietly(settingsOf(folder.path))
  const callerBefore = await logIn(before)
  const tasksBefore = await callerBefore.tasks.list(allTasks)
  const feedBefore = await callerBefore.tasks.changes({ since: 0 })
  await before.database.close()

  const moved = await moveDatabase(settingsOf(folder.path, url))
  expect(moved).toEqual({
    users: 1,
    identities: 0,
    deleted_identities: 0,
    sessions: 2,
    api_tokens: 0,
    mail_tokens: 0,
    idempotency_keys: 0,
    auth_events: 3,
    task_feeds: 1,
    tasks: 3,
    task_tombstones: 0,
  })

  const after = await openQuietly(settingsOf(folder.path, url))
  try {
    const callerAfter = await logIn(after)
    const tasks = await callerAfter.tasks.list(allTasks)
    expect(tasks.total).toBe(2)
    expect(tasks).toEqual(tasksBefore)
    expect(feedBefore.changes).toHaveLength(3)
    expect(await callerAfter.tasks.changes({ since: 0 })).toEqual(feedBefore)
    const { accessToken } = await callerOf(after).auth.refresh({ refreshToken })
    expect(await callerOf(after, accessToken).auth.me()).toMatchObject({ email: account.email })
  } finally {
    await after.database.close()
  }
}, 60_000)

it('refuses a target that is not empty, and leaves it as it is', async (ctx) => {
  const url = await requireEmptyDatabase(ctx)
  const other = await openQuietly(settingsOf(folder.path, url))
  await callerOf(other).auth.signUp({ ...account, email: 'other@example.com' })
  await other.database.close()

  await expect(moveDatabase(settingsOf(folder.path, url))).rejects.toThrow(
    'The target database already has rows in "users". Copy into an empty database.',
  )
  const target = await connect({ url, connectionsMax: 1 })
  const users = await target.db.select({ email: tables.users.email }).from(tables.users)
  await target.close()
  expect(users).toEqual([{ email: 'other@example.com' }])
}, 60_000)

it('refuses while a server has the embedded database open', async (ctx) => {
  const url = await requireEmptyDatabase(ctx)
  const running = await openQuietly(settingsOf(folder.path))
  try {
    await expect(moveDatabase(settingsOf(folder.path, url))).rejects.toThrow('Stop that process first')
  } finally {
    await running.database.close()
  }
}, 60_000)

it('says that it needs a DATABASE_URL', async () => {
  const failure = moveDatabase(settingsOf(folder.path))
  await expect(failure).rejects.toThrow(CommandError)
  await expect(failure).rejects.toThrow('Set DATABASE_URL to the PostgreSQL to move to')
})

it('makes no embedded database where there is none', async () => {
  const empty = join(folder.path, 'empty')
  await cp(join(folder.path, 'secret'), join(empty, 'secret'))
  const failure = moveDatabase(settingsOf(empty, 'postgres://127.0.0.1:1/nowhere'))
  await expect(failure).rejects.toThrow(`There is no embedded database in ${empty}.`)
  expect(await readdir(empty)).toEqual(['secret'])
})
