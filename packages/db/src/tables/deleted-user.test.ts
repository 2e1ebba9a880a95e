import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../connect.ts'
import {
  insertApiToken,
  insertEvent,
  insertIdempotencyKey,
  insertIdentity,
  insertMailToken,
  insertSession,
  insertTask,
  insertTombstone,
  insertUser,
  queryRows,
} from '../fixtures/rows.ts'
import { createTestDatabase } from '../testing.ts'
import { authEvents, deletedIdentities, users } from './index.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

/** A user with one row in each table that names one, and two of some. */
async function insertOwner(): Promise<string> {
  const { db } = database
  const userId = await insertUser(db)
  await insertTask(db, { userId })
  await insertTask(db, { userId, deletedAt: new Date() })
  await insertTombstone(db, { userId })
  await insertTombstone(db, { userId })
  await insertSession(db, { userId })
  await insertSession(db, { userId, revokedAt: new Date() })
  await insertIdentity(db, { userId })
  await insertApiToken(db, { userId })
  await insertApiToken(db, { userId, revokedAt: new Date() })
  await insertMailToken(db, { userId, purpose: 'verify_email' })
  await insertMailToken(db, { userId, purpose: 'reset_password' })
  await insertIdempotencyKey(db, { userId })
  await insertIdempotencyKey(db, { userId })
  await insertEvent(db, { userId, userAgent: `agent of ${userId}` })
  return userId
}

/** How many rows of each table name this user. */
async function rowsOf(userId: string): Promise<Record<string, number>> {
  const tables = await queryRows<{ name: string }>(
    database,
    `select table_name as name from information_schema.columns
      where table_schema = 'public' and column_name = 'user_id'`,
  )
  const counted = tables.map(async ({ name }): Promise<[string, number]> => {
    const rows = await queryRows(database, `select from ${name} where user_id = '${userId}'`)
    return [name, rows.length]
  })
  return Object.fromEntries(await Promise.all(counted))
}

const everything = {
  tasks: 2,
  task_feeds: 1,
  task_tombstones: 2,
  sessions: 2,
  identities: 1,
  api_tokens: 2,
  mail_tokens: 2,
  idempotency_keys: 2,
  auth_events: 1,
}
const nothing = Object.fromEntries(Object.keys(everything).map((table) => [table, 0]))

it('a deleted user takes everything along that names it, and nothing of another user', async () => {
  const doomed = await insertOwner()
  const kept = await insertOwner()
  expect(await rowsOf(doomed)).toEqual(everything)

  await database.db.delete(users).where(eq(users.id, doomed))
  expect(await rowsOf(doomed)).toEqual(nothing)
  expect(await rowsOf(kept)).toEqual(everything)
})

it('a deleted user leaves its events, without their user and otherwise as they were', async () => {
  const doomed = await insertOwner()
  const ofDoomed = eq(authEvents.userAgent, `agent of ${doomed}`)
  const before = await database.db.select().from(authEvents).where(ofDoomed)
  expect(before).toMatchObject([{ userId: doomed, eventType: 'log_in', success: true }])

  await database.db.delete(users).where(eq(users.id, doomed))
  const after = await database.db.select().from(authEvents).where(ofDoomed)
  expect(after).toEqual(before.map((event) => ({ ...event, userId: null })))
})

it('a deleted user leaves the hashes of its identities that were put aside', async () => {
  const doomed = await insertOwner()
  const tombstone = { identityHash: new Uint8Array(randomBytes(32)), deletedAt: new Date() }
  await database.db.insert(deletedIdentities).values(tombstone)
  await database.db.delete(users).where(eq(users.id, doomed))
  const [kept] = await database.db
    .select()
    .from(deletedIdentities)
    .where(eq(deletedIdentities.identityHash, tombstone.identityHash))
  expect(kept && { ...kept, identityHash: new Uint8Array(kept.identityHash) }).toEqual(tombstone)
})
