import { randomUUID } from 'node:crypto'
import { and, eq, getTableColumns } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../connect.ts'
import { insertTask, insertUser, queryRows } from '../fixtures/rows.ts'
import { createTestDatabase } from '../testing.ts'
import { tasks, users } from './index.ts'

const longAgo = new Date('2001-02-03T04:05:06.789Z')
const farAhead = new Date('2999-12-31T23:59:59.999Z')

let database: Database
let userId: string

beforeAll(async () => {
  database = await createTestDatabase()
  userId = await insertUser(database.db)
})

afterAll(() => database.close())

async function writeTask(values: Partial<typeof tasks.$inferInsert> = {}) {
  const id = await insertTask(database.db, { userId, updatedAt: longAgo, ...values })
  const key = and(eq(tasks.userId, userId), eq(tasks.id, id))
  const update = async (set: Partial<typeof tasks.$inferInsert>) => {
    const [task] = await database.db.update(tasks).set(set).where(key).returning()
    return task
  }
  return { id, update }
}

describe('an updated task', () => {
  it('gets the next version and a new moment', async () => {
    const before = Date.now()
    const { update } = await writeTask()
    const task = await update({ title: 'Buy bread' })
    expect(task).toMatchObject({ title: 'Buy bread', version: 2 })
    expect(task?.updatedAt.getTime()).toBeGreaterThanOrEqual(before - 1_000)
    expect(task?.updatedAt.getTime()).toBeLessThanOrEqual(Date.now() + 1_000)
    expect(await update({ deletedAt: longAgo })).toMatchObject({ version: 3 })
  })

  it.each([
    ['its own title', { title: 'Buy milk' }],
    ['its own empty description', { description: null }],
    ['its own tags', { tags: ['b', 'a'] }],
    ['all it had', { title: 'Buy milk', completed: false, priority: null, dueDate: null, version: 1 }],
  ])('keeps version and moment when given %s', async (_what, same) => {
    const { update } = await writeTask({ tags: ['b', 'a'] })
    expect(await update(same)).toMatchObject({ version: 1, updatedAt: longAgo })
  })

  it('notices a new order of tags', async () => {
    const { update } = await writeTask({ tags: ['b', 'a'] })
    expect(await update({ tags: ['a', 'b'] })).toMatchObject({ version: 2 })
  })

  it('takes neither version nor moment from the writer', async () => {
    const { update } = await writeTask()
    const task = await update({ version: 99, updatedAt: farAhead })
    expect(task?.version).toBe(2)
    expect(task?.updatedAt.getTime()).toBeLessThan(farAhead.getTime())
  })

  it('never moves back in time', async () => {
    const { update } = await writeTask({ updatedAt: farAhead })
    expect(await update({ title: 'Buy bread' })).toMatchObject({ version: 2, updatedAt: farAhead })
  })

  it('gets one version for each of many writers at once', async () => {
    const { update } = await writeTask()
    const written = await Promise.all(Array.from({ length: 10 }, () => update({ title: randomUUID() })))
    const versions = written.map((task) => task?.version)
    expect(versions.sort((a = 0, b = 0) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('leaves the other rows alone', async () => {
    const other = await writeTask()
    await (await writeTask()).update({ title: 'Buy bread' })
    const key = and(eq(tasks.userId, userId), eq(tasks.id, other.id))
    expect(await database.db.select().from(tasks).where(key)).toMatchObject([
      { version: 1, updatedAt: longAgo },
    ])
  })
})

describe('an updated user', () => {
  async function update(
    set: Partial<typeof users.$inferInsert>,
    values: Partial<typeof users.$inferInsert> = {},
  ) {
    const id = await insertUser(database.db, { name: 'Ada', updatedAt: longAgo, ...values })
    const [user] = await database.db.update(users).set(set).where(eq(users.id, id)).returning()
    return user
  }

  const otherValues: Partial<typeof users.$inferInsert> = {
    email: 'ada@example.org',
    username: 'ada',
    name: 'Ada Lovelace',
    avatarUrl: 'https://example.org/ada.png',
    passwordHash: 'other',
    emailVerified: true,
    isActive: false,
    role: 'admin',
  }

  it.each(Object.entries(otherValues))('gets a new moment with another %s', async (column, value) => {
    const user = await update({ [column]: value })
    expect(user).toMatchObject({ [column]: value })
    expect(user?.updatedAt.getTime()).toBeGreaterThan(longAgo.getTime())
  })

  it('has every column tried that its owner or an admin changes', () => {
    const kept = ['id', 'createdAt', 'updatedAt', 'lastLoginAt', 'failedLogIns', 'lockedUntil']
    expect(Object.keys(getTableColumns(users)).sort()).toEqual([...Object.keys(otherValues), ...kept].sort())
  })

  it('keeps its moment when nothing changes', async () => {
    expect(await update({ name: 'Ada' })).toMatchObject({ updatedAt: longAgo })
  })

  const signInValues: [string, Partial<typeof users.$inferInsert>][] = [
    ['signs in', { lastLoginAt: farAhead }],
    ['signs in after failures', { lastLoginAt: farAhead, failedLogIns: 0, lockedUntil: null }],
    ['fails to sign in', { failedLogIns: 1 }],
    ['is locked', { failedLogIns: 100, lockedUntil: farAhead }],
  ]

  it.each(signInValues)('keeps its moment when it only %s', async (_what, set) => {
    const values = { failedLogIns: 99, lockedUntil: longAgo }
    expect(await update(set, values)).toMatchObject({ ...set, updatedAt: longAgo })
  })

  it('starts with no failed log-in and no lock', async () => {
    expect(await update({ name: 'Ada' })).toMatchObject({ failedLogIns: 0, lockedUntil: null })
  })
})

it('every table with updated_at has a trigger that keeps it', async () => {
  const unkept = await queryRows(
    database,
    `select c.table_name from information_schema.columns c
      where c.table_schema = 'public' and c.column_name = 'updated_at' and not exists (
        select from information_schema.triggers t
          where t.event_object_table = c.table_name and t.action_timing = 'BEFORE'
          and t.event_manipulation = 'UPDATE')`,
  )
  expect(unkept).toEqual([])
})
