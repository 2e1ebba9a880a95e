import { randomUUID } from 'node:crypto'
import { count, eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../connect.ts'
import { violatedConstraint } from '../errors.ts'
import { insertTask, insertUser, queryRows } from '../fixtures/rows.ts'
import { createTestDatabase } from '../testing.ts'
import { authEvents, identities, sessions, tasks, users } from './index.ts'

let database: Database
let userId: string

beforeAll(async () => {
  database = await createTestDatabase()
  userId = await insertUser(database.db)
})

afterAll(() => database.close())

async function constraintOf(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => 'accepted',
    (error: unknown) => violatedConstraint(error) ?? String(error),
  )
}

async function insertSession(values: Partial<typeof sessions.$inferInsert> = {}): Promise<void> {
  const now = new Date()
  const required = { createdAt: now, refreshedAt: now, expiresAt: now, endsAt: now }
  await database.db.insert(sessions).values({ id: randomUUID(), userId, ...required, ...values })
}

async function insertIdentity(values: Partial<typeof identities.$inferInsert> = {}): Promise<void> {
  await database.db.insert(identities).values({ issuer: 'issuer', subject: randomUUID(), userId, ...values })
}

async function insertEvent(values: Partial<typeof authEvents.$inferInsert> = {}): Promise<void> {
  const required = { eventType: 'login', success: true, createdAt: new Date() }
  await database.db.insert(authEvents).values({ id: randomUUID(), userId, ...required, ...values })
}

/** Text of four-byte characters that does not compress, as long in an index as text can be. */
function longestText(length: number): string {
  const codePoints = Array.from({ length }, () => 0x20000 + Math.floor(Math.random() * 0xa000))
  return String.fromCodePoint(...codePoints)
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
      refused: [() => insertIdentity({ issuer: '' }), () => insertIdentity({ issuer: 'i'.repeat(256) })],
      accepted: [
        () => insertIdentity({ issuer: 'i' }),
        () => insertIdentity({ issuer: longestText(255), subject: longestText(255) }),
      ],
    },
    identities_subject_length: {
      refused: [() => insertIdentity({ subject: '' }), () => insertIdentity({ subject: 's'.repeat(256) })],
      accepted: [() => insertIdentity({ subject: 's' }), () => insertIdentity({ subject: longestText(255) })],
    },
    sessions_generation_not_negative: {
      refused: [() => insertSession({ generation: -1 })],
      accepted: [() => insertSession({ generation: 0 })],
    },
    auth_events_failure_has_reason: {
      refused: [
        () => insertEvent({ success: false }),
        () => insertEvent({ failureReason: 'WRONG_PASSWORD' }),
      ],
      accepted: [() => insertEvent({ success: false, failureReason: 'WRONG_PASSWORD' }), () => insertEvent()],
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

describe('keys', () => {
  it('let two owners use the same task id, and one owner only once', async () => {
    const id = randomUUID()
    const other = await insertUser(database.db)
    await insertTask(database.db, { userId, id })
    await insertTask(database.db, { userId: other, id })
    expect(await constraintOf(insertTask(database.db, { userId, id }))).toBe('tasks_pkey')
  })

  it('let one email and one username be used once, and many users have none', async () => {
    await insertUser(database.db, { email: 'once@example.org', username: 'once' })
    const again = (values: Partial<typeof users.$inferInsert>) =>
      constraintOf(insertUser(database.db, values))
    expect(await again({ email: 'once@example.org' })).toBe('users_email_key')
    expect(await again({ username: 'once' })).toBe('users_username_key')
    expect(await again({})).toBe('accepted')
    expect(await again({})).toBe('accepted')
  })

  it('let one foreign subject belong to one user', async () => {
    await insertIdentity({ subject: 'subject' })
    const other = await insertUser(database.db)
    expect(await constraintOf(insertIdentity({ subject: 'subject', userId: other }))).toBe('identities_pkey')
  })

  it.each([
    ['tasks_user_id_users_id_fk', () => insertTask(database.db, { userId: randomUUID() })],
    ['sessions_user_id_users_id_fk', () => insertSession({ userId: randomUUID() })],
    ['identities_user_id_users_id_fk', () => insertIdentity({ userId: randomUUID() })],
    ['auth_events_user_id_users_id_fk', () => insertEvent({ userId: randomUUID() })],
  ])('%s refuses the row of nobody', async (name, write) => {
    expect(await constraintOf(write())).toBe(name)
  })
})

describe('a deleted user', () => {
  it('takes identities, sessions and tasks along, and leaves its events without a name', async () => {
    const doomed = await insertUser(database.db)
    const kept = await insertUser(database.db)
    for (const owner of [doomed, kept]) {
      await insertTask(database.db, { userId: owner })
      await insertTask(database.db, { userId: owner, deletedAt: new Date() })
      await insertSession({ userId: owner })
      await insertIdentity({ userId: owner })
      await insertEvent({ userId: owner, userAgent: `agent of ${owner}` })
    }
    const rowsOf = async (owner: string) => {
      const owned = [tasks, sessions, identities, authEvents].map((table) =>
        database.db.select({ rows: count() }).from(table).where(eq(table.userId, owner)),
      )
      return (await Promise.all(owned)).map(([row]) => row?.rows)
    }
    expect(await rowsOf(doomed)).toEqual([2, 1, 1, 1])

    await database.db.delete(users).where(eq(users.id, doomed))
    expect(await rowsOf(doomed)).toEqual([0, 0, 0, 0])
    expect(await rowsOf(kept)).toEqual([2, 1, 1, 1])
    const event = database.db
      .select()
      .from(authEvents)
      .where(eq(authEvents.userAgent, `agent of ${doomed}`))
    expect(await event).toMatchObject([{ userId: null, eventType: 'login', success: true }])
  })
})
