import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../connect.ts'
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
  insertUser,
  queryRows,
} from '../fixtures/rows.ts'
import { createTestDatabase } from '../testing.ts'
import type { taskFeeds } from './index.ts'

let database: Database
let userId: string

beforeAll(async () => {
  database = await createTestDatabase()
  userId = await insertUser(database.db)
})

afterAll(() => database.close())

/** Text of four-byte characters that does not compress, as long in an index as text can be. */
function longestText(length: number): string {
  const codePoints = Array.from({ length }, () => 0x20000 + Math.floor(Math.random() * 0xa000))
  return String.fromCodePoint(...codePoints)
}

/** Writes the feed of a new user. */
async function insertNewFeed(values: Partial<typeof taskFeeds.$inferInsert>): Promise<void> {
  await insertFeed(database.db, { ...values, userId: await insertUser(database.db) })
}

/** What each check constraint must refuse, and the outermost values that it must let in. */
const checks: Record<string, { refused: (() => Promise<unknown>)[]; accepted: (() => Promise<unknown>)[] }> =
  {
    users_email_length: {
      refused: [() => insertUser(database.db, { email: 'e'.repeat(255) })],
      accepted: [() => insertUser(database.db, { email: longestText(254) })],
    },
    users_username_length: {
      refused: [
        () => insertUser(database.db, { username: 'ab' }),
        () => insertUser(database.db, { username: 'u'.repeat(33) }),
      ],
      accepted: [
        () => insertUser(database.db, { username: 'abc' }),
        () => insertUser(database.db, { username: 'u'.repeat(32) }),
      ],
    },
    users_name_length: {
      refused: [() => insertUser(database.db, { name: 'n'.repeat(201) })],
      accepted: [() => insertUser(database.db, { name: longestText(200) })],
    },
    identities_issuer_length: {
      refused: [
        () => insertIdentity(database.db, { userId, issuer: '' }),
        () => insertIdentity(database.db, { userId, issuer: 'i'.repeat(256) }),
      ],
      accepted: [
        () => insertIdentity(database.db, { userId, issuer: 'i' }),
        () => insertIdentity(database.db, { userId, issuer: longestText(255), subject: longestText(255) }),
      ],
    },
    identities_subject_length: {
      refused: [
        () => insertIdentity(database.db, { userId, subject: '' }),
        () => insertIdentity(database.db, { userId, subject: 's'.repeat(256) }),
      ],
      accepted: [
        () => insertIdentity(database.db, { userId, subject: 's' }),
        () => insertIdentity(database.db, { userId, subject: longestText(255) }),
      ],
    },
    sessions_generation_not_negative: {
      refused: [() => insertSession(database.db, { userId, generation: -1 })],
      accepted: [() => insertSession(database.db, { userId, generation: 0 })],
    },
    auth_events_failure_has_reason: {
      refused: [
        () => insertEvent(database.db, { userId, success: false }),
        () => insertEvent(database.db, { userId, failureReason: 'WRONG_PASSWORD' }),
      ],
      accepted: [
        () => insertEvent(database.db, { userId, success: false, failureReason: 'WRONG_PASSWORD' }),
        () => insertEvent(database.db, { userId }),
      ],
    },
    api_tokens_name_length: {
      refused: [
        () => insertApiToken(database.db, { userId, name: '' }),
        () => insertApiToken(database.db, { userId, name: 'n'.repeat(101) }),
      ],
      accepted: [
        () => insertApiToken(database.db, { userId, name: 'n' }),
        () => insertApiToken(database.db, { userId, name: longestText(100) }),
      ],
    },
    idempotency_keys_key_length: {
      refused: [
        () => insertIdempotencyKey(database.db, { userId, key: '' }),
        () => insertIdempotencyKey(database.db, { userId, key: 'k'.repeat(256) }),
      ],
      accepted: [
        () => insertIdempotencyKey(database.db, { userId, key: 'k' }),
        () => insertIdempotencyKey(database.db, { userId, key: longestText(255) }),
      ],
    },
    mail_tokens_email_length: {
      refused: [() => insertMailToken(database.db, { userId, email: 'e'.repeat(255) })],
      accepted: [() => insertMailToken(database.db, { userId, email: longestText(254) })],
    },
    tasks_title_length: {
      refused: [
        () => insertTask(database.db, { userId, title: '' }),
        () => insertTask(database.db, { userId, title: 't'.repeat(501) }),
      ],
      accepted: [
        () => insertTask(database.db, { userId, title: 't' }),
        () => insertTask(database.db, { userId, title: longestText(500) }),
      ],
    },
    tasks_description_length: {
      refused: [() => insertTask(database.db, { userId, description: 'd'.repeat(16_001) })],
      accepted: [
        () => insertTask(database.db, { userId, description: '' }),
        () => insertTask(database.db, { userId, description: longestText(16_000) }),
      ],
    },
    tasks_tags_count: {
      refused: [() => insertTask(database.db, { userId, tags: Array(21).fill('tag') })],
      accepted: [() => insertTask(database.db, { userId, tags: Array(20).fill('tag') })],
    },
    tasks_completed_has_instant: {
      refused: [
        () => insertTask(database.db, { userId, completed: true }),
        () => insertTask(database.db, { userId, completedAt: new Date() }),
      ],
      accepted: [() => insertTask(database.db, { userId, completed: true, completedAt: new Date() })],
    },
    tasks_version_positive: {
      refused: [() => insertTask(database.db, { userId, version: 0 })],
      accepted: [() => insertTask(database.db, { userId, version: 1 })],
    },
    task_feeds_seq_positive: {
      refused: [() => insertNewFeed({ seq: 0 })],
      accepted: [() => insertNewFeed({ seq: 1 }), () => insertNewFeed({ seq: Number.MAX_SAFE_INTEGER })],
    },
    task_feeds_forgotten: {
      refused: [
        () => insertNewFeed({ seq: 2, forgottenSeq: -1 }),
        () => insertNewFeed({ seq: 2, forgottenSeq: 3 }),
      ],
      accepted: [
        () => insertNewFeed({ seq: 2, forgottenSeq: 0 }),
        () => insertNewFeed({ seq: 2, forgottenSeq: 2 }),
      ],
    },
  }

describe('check constraints', () => {
  it('are all tried below', async () => {
    const rows = await queryRows<{ conname: string }>(
      database,
      `select conname from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace`,
    )
    expect(rows.map(({ conname }) => conname).sort()).toEqual(Object.keys(checks).sort())
  })

  it.each(Object.entries(checks))('%s refuses what is outside and nothing else', async (name, check) => {
    for (const write of check.refused) expect(await constraintOf(write())).toBe(name)
    for (const write of check.accepted) expect(await constraintOf(write())).toBe('accepted')
  })
})

describe('a closed list', () => {
  it('of scopes lets an API token read or write, and nothing else', async () => {
    await insertApiToken(database.db, { userId, scopes: 'read' })
    await insertApiToken(database.db, { userId, scopes: 'write' })
    await expect(queryRows(database, `update api_tokens set scopes = 'admin'`)).rejects.toThrow(
      'invalid input value for enum api_token_scopes: "admin"',
    )
  })

  it('of purposes lets a mail token verify an email or reset a password, and nothing else', async () => {
    await insertMailToken(database.db, { userId, purpose: 'verify_email' })
    await insertMailToken(database.db, { userId, purpose: 'reset_password' })
    await expect(queryRows(database, `update mail_tokens set purpose = 'log_in'`)).rejects.toThrow(
      'invalid input value for enum mail_token_purpose: "log_in"',
    )
  })
})
