import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database, Db } from '../connect.ts'
import { constraintOf } from '../fixtures/constraint-of.ts'
import {
  insertApiToken,
  insertEvent,
  insertIdentity,
  insertMailToken,
  insertSession,
  insertTask,
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

describe('keys', () => {
  it('are all tried below', async () => {
    expect(await constraintNames(`'p', 'u'`)).toEqual([...Object.keys(writesOnce), 'tasks_pkey'].sort())
  })

  it.each(Object.entries(writesOnce))('%s is used once, whoever comes second', async (name, write) => {
    const [first, second] = [await insertUser(db), await insertUser(db)]
    expect(await constraintOf(write(first))).toBe('accepted')
    expect(await constraintOf(write(second))).toBe(name)
  })

  it('let two owners use the same task id, and one owner only once', async () => {
    const [userId, other] = [await insertUser(db), await insertUser(db)]
    await insertTask(db, { userId, id })
    await insertTask(db, { userId: other, id })
    expect(await constraintOf(insertTask(db, { userId, id }))).toBe('tasks_pkey')
  })

  it('let many users have neither email nor username', async () => {
    expect(await constraintOf(insertUser(db))).toBe('accepted')
    expect(await constraintOf(insertUser(db))).toBe('accepted')
  })
})

const writesOfNobody: Record<string, () => Promise<unknown>> = {
  tasks_user_id_users_id_fk: () => insertTask(db, { userId: randomUUID() }),
  sessions_user_id_users_id_fk: () => insertSession(db, { userId: randomUUID() }),
  identities_user_id_users_id_fk: () => insertIdentity(db, { userId: randomUUID() }),
  auth_events_user_id_users_id_fk: () => insertEvent(db, { userId: randomUUID() }),
  api_tokens_user_id_users_id_fk: () => insertApiToken(db, { userId: randomUUID() }),
  mail_tokens_user_id_users_id_fk: () => insertMailToken(db, { userId: randomUUID() }),
}

describe('foreign keys', () => {
  it('are all tried below', async () => {
    expect(await constraintNames(`'f'`)).toEqual(Object.keys(writesOfNobody).sort())
  })

  it.each(Object.entries(writesOfNobody))('%s refuses the row of nobody', async (name, write) => {
    expect(await constraintOf(write())).toBe(name)
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
