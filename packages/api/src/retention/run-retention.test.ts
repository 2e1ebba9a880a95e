import { createHash } from 'node:crypto'
import { tables } from '@tasklane/db'
import { eq, sql } from 'drizzle-orm'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend } from '../testing.ts'
import { firstIdOf } from './first-id-of.ts'
import { runRetention } from './run-retention.ts'

let backend: TestBackend
let userId: string

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  const { db } = backend.database
  await db.delete(tables.users)
  await db.delete(tables.authEvents)
  userId = (await backend.signUp()).signedIn.user.id
  // The rows of the sign-up itself.
  for (const table of [tables.authEvents, tables.sessions, tables.mailTokens]) await db.delete(table)
  backend.log.length = 0
})
afterAll(() => backend.close())

const { apiTokens, authEvents, idempotencyKeys, mailTokens, sessions } = tables
const dayMilliseconds = 24 * 3600 * 1000
/** Negative: ahead. */
const daysAgo = (days: number) => new Date(backend.dependencies.now().getTime() - days * dayMilliseconds)
const run = (eventsDays = 90) => runRetention(backend.dependencies, { eventsDays, trashDays: 30 })
const none = {
  authEvents: 0,
  sessions: 0,
  mailTokens: 0,
  apiTokens: 0,
  idempotencyKeys: 0,
  tasks: 0,
  taskTombstones: 0,
}
const db = () => backend.database.db

async function insertEvents(count: number, at: Date): Promise<void> {
  const rows = Array.from({ length: count }, () => ({
    id: uuidv7({ msecs: at.getTime() }),
    eventType: 'log_in',
    success: true,
    createdAt: at,
  }))
  for (let start = 0; start < count; start += 1000)
    await db()
      .insert(authEvents)
      .values(rows.slice(start, start + 1000))
}

async function insertSession(name: string, ended: { expiresAt: Date; revokedAt?: Date }): Promise<void> {
  const at = daysAgo(200)
  const row = { id: backend.dependencies.newId(), userId, userAgent: name, createdAt: at, refreshedAt: at }
  await db()
    .insert(sessions)
    .values({ ...row, endsAt: ended.expiresAt, ...ended })
}

const hashOf = (name: string) => createHash('sha256').update(name).digest()

async function insertApiToken(name: string, ended: { expiresAt?: Date; revokedAt?: Date }): Promise<void> {
  const row = {
    id: backend.dependencies.newId(),
    userId,
    name,
    tokenHash: hashOf(name),
    scopes: 'read' as const,
  }
  await db()
    .insert(apiTokens)
    .values({ ...row, createdAt: daysAgo(200), ...ended })
}

async function insertMailToken(name: string, expiresAt: Date): Promise<void> {
  const row = {
    tokenHash: hashOf(name),
    userId,
    purpose: 'verify_email' as const,
    email: `${name}@example.com`,
  }
  await db()
    .insert(mailTokens)
    .values({ ...row, createdAt: daysAgo(200), expiresAt })
}

async function insertKeys(names: readonly string[], createdAt: Date): Promise<void> {
  const kept = { userId, requestHash: hashOf('call'), answer: hashOf('answer'), createdAt }
  const rows = names.map((key) => ({ ...kept, key }))
  for (let start = 0; start < rows.length; start += 1000)
    await db()
      .insert(idempotencyKeys)
      .values(rows.slice(start, start + 1000))
}

describe('what is deleted', () => {
  it('are events older than they are kept', async () => {
    await insertEvents(3, daysAgo(90.01))
    await insertEvents(2, daysAgo(89.99))
    await insertEvents(1, daysAgo(0))
    expect(await run(90)).toEqual({ ...none, authEvents: 3 })
    expect(await db().$count(authEvents)).toBe(3)
    expect(await run(30)).toEqual({ ...none, authEvents: 2 })
    expect(await db().$count(authEvents)).toBe(1)
  })

  it('are sessions that ended more than 30 days ago', async () => {
    await insertSession('revoked long ago', { expiresAt: daysAgo(-1), revokedAt: daysAgo(30.01) })
    await insertSession('expired long ago', { expiresAt: daysAgo(30.01) })
    await insertSession('revoked lately', { expiresAt: daysAgo(-1), revokedAt: daysAgo(29.99) })
    await insertSession('expired lately', { expiresAt: daysAgo(29.99) })
    await insertSession('live', { expiresAt: daysAgo(-1) })
    expect(await run()).toEqual({ ...none, sessions: 2 })
    const left = await db().select({ name: sessions.userAgent }).from(sessions).orderBy(sessions.id)
    expect(left.map(({ name }) => name)).toEqual(['revoked lately', 'expired lately', 'live'])
  })

  it('are API tokens that ended more than 30 days ago, and none that does not expire', async () => {
    await insertApiToken('revoked long ago', { revokedAt: daysAgo(30.01) })
    await insertApiToken('expired long ago', { expiresAt: daysAgo(30.01) })
    await insertApiToken('revoked lately', { revokedAt: daysAgo(29.99) })
    await insertApiToken('expired lately', { expiresAt: daysAgo(29.99) })
    await insertApiToken('for ever', {})
    expect(await run()).toEqual({ ...none, apiTokens: 2 })
    const left = await db().select({ name: apiTokens.name }).from(apiTokens).orderBy(apiTokens.id)
    expect(left.map(({ name }) => name)).toEqual(['revoked lately', 'expired lately', 'for ever'])
  })

  it('are mailed tokens that have expired', async () => {
    await insertMailToken('old', daysAgo(0.01))
    await insertMailToken('good', daysAgo(-0.01))
    expect(await run()).toEqual({ ...none, mailTokens: 1 })
    expect(await db().select({ email: mailTokens.email }).from(mailTokens)).toEqual([
      { email: 'good@example.com' },
    ])
  })

  it('are idempotency keys older than 24 hours, with their answers', async () => {
    await insertKeys(['old', 'older'], daysAgo(1.001))
    await insertKeys(['young'], daysAgo(0.999))
    expect(await run()).toEqual({ ...none, idempotencyKeys: 2 })
    expect(await db().select({ key: idempotencyKeys.key }).from(idempotencyKeys)).toEqual([{ key: 'young' }])
  })

  it('are all old idempotency keys, however many, and no other of the same place', async () => {
    await insertKeys(
      Array.from({ length: 5001 }, (_, index) => `old ${index}`),
      daysAgo(2),
    )
    await insertKeys(['young'], daysAgo(0))
    expect(await run()).toEqual({ ...none, idempotencyKeys: 5001 })
    expect(await db().$count(idempotencyKeys)).toBe(1)
  })
})

describe('a run', () => {
  it('is written to the log in one line, if anything went', async () => {
    await insertEvents(2, daysAgo(100))
    await run()
    expect(backend.log).toEqual([
      { level: 'info', message: 'old rows deleted', details: { event: 'retention', ...none, authEvents: 2 } },
    ])
    expect(await run()).toEqual(none)
    expect(backend.log).toHaveLength(1)
  })

  it('deletes at most 5000 rows in a statement, and goes on until none is left', async () => {
    await insertEvents(10_001, daysAgo(100))
    backend.statements.length = 0
    expect(await run()).toEqual({ ...none, authEvents: 10_001 })
    const deletions = backend.statements.filter((statement) => statement.includes('"auth_events"'))
    expect(deletions).toHaveLength(3)
    expect(await db().$count(authEvents)).toBe(0)
  })

  it('beside others deletes every row once', async () => {
    await insertEvents(6000, daysAgo(100))
    for (let index = 0; index < 5; index++) await insertSession(`${index}`, { expiresAt: daysAgo(40) })
    const counts = await Promise.all(Array.from({ length: 4 }, () => run()))
    const sum = (name: keyof typeof none) => counts.reduce((total, count) => total + count[name], 0)
    const again = await run()
    expect(sum('authEvents') + again.authEvents).toBe(6000)
    expect(sum('sessions') + again.sessions).toBe(5)
    expect(await db().$count(authEvents)).toBe(0)
    expect(await run()).toEqual(none)
  })

  it('does not wait for a row that somebody else holds', async () => {
    // The embedded database has one connection: nobody else can hold a row.
    if (backend.database.kind === 'embedded') return await expect(run()).resolves.toEqual(none)
    await insertSession('held', { expiresAt: daysAgo(40) })
    await insertSession('free', { expiresAt: daysAgo(40) })
    const isHeld = eq(sessions.userAgent, 'held')
    await db().transaction(async (tx) => {
      await tx.select().from(sessions).where(isHeld).for('update')
      expect(await run()).toEqual({ ...none, sessions: 1 })
    })
    expect(await run()).toEqual({ ...none, sessions: 1 })
  })

  it('finds old events by the primary key', async () => {
    await insertEvents(5000, daysAgo(1))
    await insertEvents(5, daysAgo(100))
    await db().execute(sql`analyze auth_events`)
    backend.statements.length = 0
    await run()
    const statement = backend.statements.find((text) => text.startsWith('delete from "auth_events"')) ?? ''
    const filled = statement.replace(/\$\d+/g, (name) =>
      name === '$1' ? `'${firstIdOf(daysAgo(90))}'` : '5000',
    )
    const rows = await db().execute(sql.raw(`explain ${filled}`))
    expect(JSON.stringify(rows)).toContain('auth_events_pkey')
    expect(JSON.stringify(rows)).not.toContain('Seq Scan')
  })
})

describe('the smallest id of an instant', () => {
  const milliseconds = fc.integer({ min: 0, max: 2 ** 48 - 1 })
  const random = fc.uint8Array({ minLength: 16, maxLength: 16 })

  it('is not larger than any id of the instant, and larger than any before', () => {
    fc.assert(
      fc.property(milliseconds, random, (msecs, bytes) => {
        const first = firstIdOf(new Date(msecs))
        expect(first <= uuidv7({ msecs, random: bytes })).toBe(true)
        if (msecs > 0) expect(first > uuidv7({ msecs: msecs - 1, random: bytes })).toBe(true)
      }),
    )
  })

  it('is the smallest of all before 1970', () => {
    expect(firstIdOf(new Date(-1))).toBe('00000000-0000-7000-8000-000000000000')
  })
})
