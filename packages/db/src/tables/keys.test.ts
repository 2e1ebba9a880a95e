import { randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database, Db } from '../connect.ts'
import { constraintOf } from '../fixtures/constraint-of.ts'
import {
  insertApiToken,
  insertEvent,
  insertFeed,
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
import { deletedIdentities } from './index.ts'

let database: Database
let db: Db

beforeAll(async () => {
  database = await createTestDatabase()
  db = database.db
})

afterAll(() => database.close())

async function constraintNames(kinds: string): Promise<string[]> {
  const rows = await queryRows<{ conname: string }>(
    database,
    `select conname from pg_constraint
      where contype in (${kinds}) and connamespace = 'public'::regnamespace`,
  )
  return rows.map(({ conname }) => conname).sort()
}

const id = randomUUID()
const hash = randomBytes(32)

/** A write for each key that succeeds once: whose row it is and everything else may differ. */
const writesOnce: Record<string, (userId: string) => Promise<unknown>> = {
  users_pkey: () => insertUser(db, { id }),
  users_email_key: () => insertUser(db, { email: 'once@example.org' }),
  users_username_key: () => insertUser(db, { username: 'once' }),
  identities_pkey: (userId) => insertIdentity(db, { userId, subject: 'once' }),
  deleted_identities_pkey: () =>
    db.insert(deletedIdentities).values({ identityHash: hash, deletedAt: new Date() }),
  sessions_pkey: (userId) => insertSession(db, { userId, id }),
  api_tokens_pkey: (userId) => insertApiToken(db, { userId, id }),
  api_tokens_token_hash_key: (userId) => insertApiToken(db, { userId, tokenHash: hash }),
  mail_tokens_pkey: (userId) => insertMailToken(db, { userId, tokenHash: hash }),
  auth_events_pkey: (userId) => insertEvent(db, { userId, id }),
}

/** A write for each key that starts with the owner. */
const writesOncePerOwner: Record<string, (userId: string) => Promise<unknown>> = {
  tasks_pkey: (userId) => insertTask(db, { userId, id }),
  task_feeds_pkey: (userId) => insertFeed(db, { userId }),
  task_tombstones_pkey: (userId) => insertTombstone(db, { userId, id }),
  idempotency_keys_pkey: (userId) => insertIdempotencyKey(db, { userId, key: 'once' }),
}

describe('keys', () => {
  it('are all tried below', async () => {
    const tried = Object.keys({ ...writesOnce, ...writesOncePerOwner })
    expect(await constraintNames(`'p', 'u'`)).toEqual(tried.sort())
  })

  it.each(Object.entries(writesOnce))('%s is used once, whoever comes second', async (name, write) => {
    const [first, second] = [await insertUser(db), await insertUser(db)]
    expect(await constraintOf(write(first))).toBe('accepted')
    expect(await constraintOf(write(second))).toBe(name)
  })

  it.each(Object.entries(writesOncePerOwner))('%s is used once by each owner', async (name, write) => {
    const [first, second] = [await insertUser(db), await insertUser(db)]
    expect(await constraintOf(write(first))).toBe('accepted')
    expect(await constraintOf(write(second))).toBe('accepted')
    expect(await constraintOf(write(first))).toBe(name)
  })

  it('let many users have neither email nor username', async () => {
    expect(await constraintOf(insertUser(db))).toBe('accepted')
    expect(await constraintOf(insertUser(db))).toBe('accepted')
  })
})

/** Writes a task of nobody for whom there is a feed all the same, and leaves nothing. */
async function insertTaskOfNobodysFeed(): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`alter table task_feeds drop constraint task_feeds_user_id_users_id_fk`)
    const userId = randomUUID()
    await insertFeed(tx, { userId })
    await insertTask(tx, { userId })
    tx.rollback()
  })
}

const writesOfNobody: Record<string, () => Promise<unknown>> = {
  tasks_user_id_users_id_fk: insertTaskOfNobodysFeed,
  task_feeds_user_id_users_id_fk: () => insertFeed(db, { userId: randomUUID() }),
  task_tombstones_user_id_users_id_fk: () => insertTombstone(db, { userId: randomUUID() }),
  sessions_user_id_users_id_fk: () => insertSession(db, { userId: randomUUID() }),
  identities_user_id_users_id_fk: () => insertIdentity(db, { userId: randomUUID() }),
  auth_events_user_id_users_id_fk: () => insertEvent(db, { userId: randomUUID() }),
  api_tokens_user_id_users_id_fk: () => insertApiToken(db, { userId: randomUUID() }),
  idempotency_keys_user_id_users_id_fk: () => insertIdempotencyKey(db, { userId: randomUUID() }),
  mail_tokens_user_id_users_id_fk: () => insertMailToken(db, { userId: randomUUID() }),
}

describe('foreign keys', () => {
  it('are all tried below', async () => {
    expect(await constraintNames(`'f'`)).toEqual(Object.keys(writesOfNobody).sort())
  })

  it.each(Object.entries(writesOfNobody))('%s refuses the row of nobody', async (name, write) => {
    expect(await constraintOf(write())).toBe(name)
  })

  it('refuse a task of nobody by the feed that it would begin', async () => {
    const refusal = insertTask(db, { userId: randomUUID() })
    expect(await constraintOf(refusal)).toBe('task_feeds_user_id_users_id_fk')
  })

  it('each have an index, so that deleting a user reads no whole table', async () => {
    const unindexed = await queryRows(
      database,
      `select conname from pg_constraint c
        where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
          select from pg_index i
            where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null)`,
    )
    expect(unindexed).toEqual([])
  })
})
