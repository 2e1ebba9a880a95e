import { tables } from '@tasklane/db'
import { eq, getTableColumns, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import { accountPageLimits, type ExportedData } from './contract.ts'
import { apiTokenClient, foreignClient, testIssuer } from './fixtures/callers.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend({ trustedIssuers: [testIssuer] })
})
beforeEach(async () => {
  user = await backend.signUp()
})
afterAll(() => backend.close())

const { authEvents, sessions, taskFields, tasks, users } = tables
const { exportedTasks, exportedRowsMax } = accountPageLimits
const db = () => backend.database.db

async function exportAll(): Promise<ExportedData[]> {
  const pages = [await user.client.auth.exportData.query()]
  for (let cursor = pages[0]?.nextCursor; cursor; cursor = pages.at(-1)?.nextCursor)
    pages.push(await user.client.auth.exportData.query({ cursor }))
  return pages
}

async function insertTasks(count: number, description: string | null = null): Promise<void> {
  const userId = user.signedIn.user.id
  await db().execute(sql`insert into tasks (user_id, id, title, description)
    select ${userId}::uuid, gen_random_uuid(), 'task ' || n, ${description} from generate_series(1, ${count}::int) n`)
}

const columnsOf = (table: typeof tasks | typeof sessions, ...internal: string[]) =>
  Object.keys(getTableColumns(table)).filter((name) => !['userId', ...internal].includes(name))

describe('auth.exportData', () => {
  it('gives the account: user, identities, sessions, API tokens and events', async () => {
    await apiTokenClient(backend, user)
    const { account, tasks: none, nextCursor } = await user.client.auth.exportData.query()
    expect({ none, nextCursor }).toEqual({ none: [], nextCursor: null })
    expect(account).toMatchObject({
      user: user.signedIn.user,
      identities: [],
      sessions: [{ ipAddress: '192.0.2.1', userAgent: 'test', revokedAt: null }],
      apiTokens: [{ name: 'script', scopes: 'write', revokedAt: null }],
      events: [{ type: 'data_export', success: true }, { type: 'token_create' }, { type: 'sign_up' }],
    })
    expect(Object.keys(account?.sessions[0] ?? {}).sort()).toEqual(columnsOf(sessions, 'generation').sort())
  })

  it('gives the identities of an account that signs in elsewhere', async () => {
    const client = await foreignClient(backend, { sub: 'exported', email: 'exported@example.com' })
    const { account } = await client.auth.exportData.query()
    expect(account).toMatchObject({
      user: { email: 'exported@example.com' },
      identities: [{ issuer: testIssuer.issuer, subject: 'exported', createdAt: expect.any(Date) }],
      sessions: [],
    })
  })

  it('holds no hash of a password, a token or an identifier, and nothing that could be used as one', async () => {
    const wrong = { usernameOrEmail: user.email, password: 'Wrong-Horse-1' }
    await backend
      .client()
      .auth.logIn.mutate(wrong)
      .catch(() => undefined)
    await apiTokenClient(backend, user)
    const text = JSON.stringify(await exportAll())
    expect(text).not.toMatch(/argon2|hash|"tl_|generation|failedLogIns|lockedUntil/i)
    for (const secret of [user.signedIn.accessToken, user.signedIn.refreshToken])
      expect(text).not.toContain(secret)
  })

  it('gives every task as it is stored, in pages by id, those in the trash too', async () => {
    const { id } = await user.client.tasks.create.mutate({
      title: 'Ä "title"\n',
      description: '🦆',
      completed: true,
      priority: 'high',
      dueDate: '2026-02-28',
      tags: ['one', 'two'],
    })
    await user.client.tasks.delete.mutate({ id })
    await insertTasks(2 * exportedTasks + 9)
    const pages = await exportAll()
    expect(pages.map((page) => page.tasks.length)).toEqual([exportedTasks, exportedTasks, 10])
    expect(pages.map(({ account }) => account !== undefined)).toEqual([true, false, false])
    const exported = pages.flatMap((page) => page.tasks)
    const stored = await db()
      .select(taskFields)
      .from(tasks)
      .where(eq(tasks.userId, user.signedIn.user.id))
      .orderBy(tasks.id)
    expect(exported).toEqual(stored.map(({ userId, ...task }) => task))
    const { userId: _userId, ...fields } = taskFields
    expect(Object.keys(exported[0] ?? {}).sort()).toEqual(Object.keys(fields).sort())
  })

  it('ends exactly at a full page', async () => {
    await insertTasks(exportedTasks)
    const pages = await exportAll()
    expect(pages.map((page) => page.tasks.length)).toEqual([exportedTasks])
  })

  it('writes one event for a whole export', async () => {
    await insertTasks(exportedTasks + 1)
    await exportAll()
    const { events } = await user.client.auth.events.query()
    expect(events.map(({ type }) => type)).toEqual(['data_export', 'sign_up'])
  })

  it('gives the newest events where there are too many', async () => {
    const userId = user.signedIn.user.id
    await db().execute(sql`insert into auth_events (id, user_id, event_type, success, created_at)
      select ('01800000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${userId}::uuid, 'log_in', true, '2022-07-07'::timestamptz
      from generate_series(1, ${exportedRowsMax + 5}::int) n`)
    const { account } = await user.client.auth.exportData.query()
    expect(account?.events).toHaveLength(exportedRowsMax)
    expect(account?.events.slice(0, 2).map(({ type }) => type)).toEqual(['data_export', 'sign_up'])
  })

  it('gives a page of the largest tasks there can be', async () => {
    await insertTasks(exportedTasks, '🦆'.repeat(16_000))
    const { tasks: page } = await user.client.auth.exportData.query()
    expect(page).toHaveLength(exportedTasks)
    expect(page.at(-1)?.description).toHaveLength(32_000)
  })

  it('has room for one first page in a request, whatever the batch', async () => {
    const calls = Array.from({ length: 5 }, () => user.client.auth.exportData.query())
    const settled = await Promise.allSettled(calls)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(settled.at(-1)).toMatchObject({ reason: { data: { reason: 'ANSWER_TOO_LARGE' } } })
    const { nextCursor } = await pageAfterInserting(exportedTasks + 1)
    const next = Array.from({ length: 11 }, () =>
      user.client.auth.exportData.query({ cursor: nextCursor ?? '' }),
    )
    expect((await Promise.allSettled(next)).filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  })

  async function pageAfterInserting(count: number) {
    await insertTasks(count)
    return await user.client.auth.exportData.query()
  }

  it('shows nothing of another user, also from a cursor of theirs', async () => {
    await insertTasks(exportedTasks + 1)
    const { nextCursor } = await user.client.auth.exportData.query()
    const other = await backend.signUp()
    await other.client.tasks.create.mutate({ id: 'ffffffff-ffff-4fff-bfff-ffffffffffff', title: 'own' })
    const page = await other.client.auth.exportData.query({ cursor: nextCursor ?? '' })
    expect(page.tasks.map(({ title }) => title)).toEqual(['own'])
    const text = JSON.stringify(await other.client.auth.exportData.query())
    expect(text).not.toContain(user.email)
    expect(text).not.toContain(user.signedIn.user.id)
  })

  it.each(['nonsense', Buffer.alloc(17, 1).toString('base64url'), Buffer.alloc(16, 2).toString('base64url')])(
    'refuses a cursor that is not of an export: %s',
    async (cursor) => {
      await expect(user.client.auth.exportData.query({ cursor })).rejects.toMatchObject({
        data: { httpStatus: 422, reason: 'CURSOR_INVALID' },
      })
    },
  )

  it('refuses an unknown field, by name', async () => {
    await expect(user.client.auth.exportData.query(JSON.parse('{"userId":"x"}'))).rejects.toMatchObject({
      data: { reason: 'INPUT_INVALID', issues: [{ path: ['userId'] }] },
    })
  })

  it('exports nothing for an account that may not sign in, and writes no event', async () => {
    await db().update(users).set({ isActive: false }).where(eq(users.id, user.signedIn.user.id))
    await expect(user.client.auth.exportData.query()).rejects.toMatchObject({
      data: { reason: 'TOKEN_INVALID' },
    })
    const own = eq(authEvents.userId, user.signedIn.user.id)
    expect(await db().select({ type: authEvents.eventType }).from(authEvents).where(own)).toEqual([
      { type: 'sign_up' },
    ])
  })
})
