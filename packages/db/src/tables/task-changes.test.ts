import { randomUUID } from 'node:crypto'
import { and, eq, inArray } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database, Db } from '../connect.ts'
import { constraintOf } from '../fixtures/constraint-of.ts'
import { insertFeed, insertTask, insertTombstone, insertUser, queryRows } from '../fixtures/rows.ts'
import { createTestDatabase } from '../testing.ts'
import { taskFeeds, tasks, taskTombstones } from './index.ts'

type TaskValues = Partial<typeof tasks.$inferInsert>

const now = new Date()

let database: Database
let db: Db
let userId: string

beforeAll(async () => {
  database = await createTestDatabase()
  db = database.db
})

beforeEach(async () => {
  userId = await insertUser(db)
})

afterAll(() => database.close())

const isTask = (id: string, owner = userId) => and(eq(tasks.userId, owner), eq(tasks.id, id))

async function insert(values: TaskValues = {}): Promise<string> {
  return await insertTask(db, { userId, ...values })
}

async function update(id: string, set: TaskValues): Promise<void> {
  await db.update(tasks).set(set).where(isTask(id))
}

async function read(id: string, owner = userId) {
  const [task] = await db.select().from(tasks).where(isTask(id, owner))
  return task
}

/** The number of the last change of each task of an owner. */
async function seqs(owner = userId): Promise<number[]> {
  const rows = await db.select({ seq: tasks.seq }).from(tasks).where(eq(tasks.userId, owner))
  return rows.map(({ seq }) => seq).sort((a, b) => a - b)
}

/** What was given last. */
async function feedSeq(owner = userId): Promise<number | undefined> {
  const [feed] = await db.select().from(taskFeeds).where(eq(taskFeeds.userId, owner))
  return feed?.seq
}

/** Writes while nothing that is set by itself is set. */
async function withoutTriggers(write: () => Promise<unknown>): Promise<void> {
  await queryRows(database, 'alter table tasks disable trigger user')
  await write()
  await queryRows(database, 'alter table tasks enable trigger user')
}

describe('the number of a change', () => {
  it('starts at 1 and rises by one with each change of any task', async () => {
    const first = await insert()
    expect(await read(first)).toMatchObject({ seq: 1, version: 1 })
    await update(first, { title: 'Buy bread' })
    expect(await read(first)).toMatchObject({ seq: 2, version: 2 })
    const second = await insert()
    expect(await read(second)).toMatchObject({ seq: 3, version: 1 })
    await update(first, { deletedAt: now })
    expect(await read(first)).toMatchObject({ seq: 4, version: 3 })
    await update(first, { deletedAt: null })
    expect(await read(first)).toMatchObject({ seq: 5, version: 4 })
    expect(await read(second)).toMatchObject({ seq: 3, version: 1 })
    expect(await feedSeq()).toBe(5)
  })

  it('is not there before the first task', async () => {
    expect(await feedSeq()).toBeUndefined()
  })

  it('goes on from where the feed stands, and leaves what it has forgotten', async () => {
    await insertFeed(db, { userId, seq: 41, forgottenSeq: 7 })
    expect(await read(await insert())).toMatchObject({ seq: 42 })
    expect(await db.select().from(taskFeeds).where(eq(taskFeeds.userId, userId))).toEqual([
      { userId, seq: 42, forgottenSeq: 7 },
    ])
  })

  it.each<[string, TaskValues]>([
    ['title', { title: 'Buy bread' }],
    ['description', { description: 'Of rye' }],
    ['state', { completed: true, completedAt: now }],
    ['priority', { priority: 'high' }],
    ['due date', { dueDate: '2030-01-02' }],
    ['tags', { tags: ['a', 'b'] }],
    ['place, which becomes the trash', { deletedAt: now }],
  ])('is the next one for a task with another %s', async (_what, set) => {
    const id = await insert({ tags: ['b', 'a'] })
    await update(id, set)
    expect(await read(id)).toMatchObject({ seq: 2 })
    expect(await feedSeq()).toBe(2)
  })

  it.each<[string, TaskValues]>([
    ['its own title', { title: 'Buy milk' }],
    ['its own empty description', { description: null }],
    ['its own tags', { tags: ['b', 'a'] }],
    [
      'all it had',
      { title: 'Buy milk', completed: false, priority: null, dueDate: null, seq: 1, version: 1 },
    ],
  ])('is not taken by a task that is given %s', async (_what, same) => {
    const id = await insert({ tags: ['b', 'a'] })
    const before = await read(id)
    await update(id, same)
    expect(await read(id)).toEqual(before)
    expect(await feedSeq()).toBe(1)
  })

  it('is not taken by a task that is purged', async () => {
    const id = await insert()
    await db.delete(tasks).where(isTask(id))
    expect(await feedSeq()).toBe(1)
    expect(await read(await insert())).toMatchObject({ seq: 2 })
  })

  it('is counted apart for each owner, also for tasks of one id', async () => {
    const [id, other] = [randomUUID(), await insertUser(db)]
    await insert()
    await insert({ id })
    await insert({ userId: other, id })
    expect([await seqs(), await seqs(other)]).toEqual([[1, 2], [1]])
    await update(id, { title: 'Buy bread' })
    expect([await seqs(), await seqs(other)]).toEqual([[1, 3], [1]])
    expect([await feedSeq(), await feedSeq(other)]).toEqual([3, 1])
  })

  it('is one for each of many tasks that are written at once', async () => {
    const other = await insertUser(db)
    const rows = Array.from({ length: 20 }, () => ({ userId, id: randomUUID(), title: 'Buy milk' }))
    await db.insert(tasks).values([...rows, { userId: other, id: randomUUID(), title: 'Buy milk' }])
    expect(await seqs()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(await seqs(other)).toEqual([1])
  })

  it('is one for each of many tasks that are changed at once, and none for those that stay', async () => {
    const ids: string[] = []
    for (const isDone of [false, true, false, true, false]) {
      ids.push(await insert({ completed: isDone, completedAt: isDone ? now : null }))
    }
    const untouched = await insert()
    await db
      .update(tasks)
      .set({ completed: true, completedAt: now })
      .where(and(eq(tasks.userId, userId), inArray(tasks.id, ids)))
    expect(await seqs()).toEqual([2, 4, 6, 7, 8, 9])
    expect(await read(untouched)).toMatchObject({ seq: 6 })
    expect(await feedSeq()).toBe(9)
  })

  it('leaves the task of a taken id as it is, and never comes twice', async () => {
    const taken = await insert()
    const before = await read(taken)
    const again = [taken, randomUUID(), taken, randomUUID()].map((id) => ({ userId, id, title: 'Again' }))
    const inserted = await db.insert(tasks).values(again).onConflictDoNothing().returning()
    expect(inserted.map(({ id }) => id)).toEqual([again[1]?.id, again[3]?.id])
    expect(await read(taken)).toEqual(before)

    const [last = 0] = (await seqs()).slice(-1)
    expect(new Set(await seqs()).size).toBe(3)
    const next = await read(await insert())
    expect(next?.seq).toBeGreaterThan(last)
    expect(next?.seq).toBe(await feedSeq())
  })

  it('is free again when its change is taken back', async () => {
    const id = await insert()
    const takenBack = db.transaction(async (tx) => {
      await insertTask(tx, { userId })
      await tx.update(tasks).set({ title: 'Buy bread' }).where(isTask(id))
      tx.rollback()
    })
    await expect(takenBack).rejects.toThrow('Rollback')
    expect([await seqs(), await feedSeq()]).toEqual([[1], 1])

    await db.transaction(async (tx) => {
      const inner = tx.transaction(async (nested) => {
        await insertTask(nested, { userId })
        nested.rollback()
      })
      await expect(inner).rejects.toThrow('Rollback')
      await insertTask(tx, { userId })
    })
    expect([await seqs(), await feedSeq()]).toEqual([[1, 2], 2])
  })

  it('is free again when its change is refused', async () => {
    expect(await constraintOf(insert({ title: '' }))).toBe('tasks_title_length')
    expect(await feedSeq()).toBeUndefined()
    const id = await insert()
    expect(await constraintOf(insert({ id }))).toBe('tasks_pkey')
    expect(await constraintOf(update(id, { title: '' }))).toBe('tasks_title_length')
    expect([await seqs(), await feedSeq()]).toEqual([[1], 1])
  })
})

describe('a writer', () => {
  const chosen = { seq: 99, words: `'chosen':1A` }

  it('chooses neither the number nor the words of a new task', async () => {
    const task = await read(await insert(chosen))
    expect(task).toMatchObject({ seq: 1, words: `'buy':1A 'milk':2A` })
  })

  it.each<[string, TaskValues]>([
    ['nothing else', {}],
    ['another field', { priority: 'low' }],
    ['the title', { title: 'Milk buy' }],
  ])('chooses neither number, words nor version with %s of a task that is there', async (_what, set) => {
    const id = await insert()
    const words = set.title ? `'buy':2A 'milk':1A` : `'buy':1A 'milk':2A`
    await update(id, { ...set, ...chosen, version: 99 })
    expect(await read(id)).toMatchObject({ seq: 2, words, version: 2 })
    expect(await feedSeq()).toBe(2)
  })
})

describe('the words of a task', () => {
  const wordsOf = async (id: string) => (await read(id))?.words

  it('are those of the title, with more weight, and of the description', async () => {
    const id = await insert({ title: 'Buy two milk', description: 'Milk of the cows' })
    expect(await wordsOf(id)).toBe(`'buy':1A 'cows':7B 'milk':3A,4B 'of':5B 'the':6B 'two':2A`)
  })

  it('are in any language, whole and in small letters', async () => {
    expect(await wordsOf(await insert({ title: 'Löscht die ALTEN Bäume' }))).toBe(
      `'alten':3A 'bäume':4A 'die':2A 'löscht':1A`,
    )
  })

  it('follow title and description', async () => {
    const id = await insert({ title: 'Milk', description: 'Cow' })
    await update(id, { title: 'Bread' })
    expect(await wordsOf(id)).toBe(`'bread':1A 'cow':2B`)
    await update(id, { description: 'Rye' })
    expect(await wordsOf(id)).toBe(`'bread':1A 'rye':2B`)
    await update(id, { description: null })
    expect(await wordsOf(id)).toBe(`'bread':1A`)
    await update(id, { title: 'Jam', description: 'Jam' })
    expect(await wordsOf(id)).toBe(`'jam':1A,2B`)
    await update(id, { title: 'Honey', deletedAt: now })
    expect(await wordsOf(id)).toBe(`'honey':1A 'jam':2B`)
  })

  it('are not made again when neither of them changes', async () => {
    const id = await insert({ description: 'Cow' })
    await withoutTriggers(() => update(id, { words: `'made':1A 'before':2B` }))
    const others: TaskValues[] = [
      { completed: true, completedAt: now },
      { priority: 'urgent' },
      { dueDate: '2030-01-02' },
      { tags: ['milk'] },
      { deletedAt: now },
      { priority: null, title: 'Buy milk', description: 'Cow' },
    ]
    for (const set of others) {
      await update(id, set)
      expect(await wordsOf(id)).toBe(`'before':2B 'made':1A`)
    }
    expect(await read(id)).toMatchObject({ seq: 1 + others.length })
  })

  it('may be none, or too long to be one', async () => {
    expect(await wordsOf(await insert({ title: '…', description: '' }))).toBe('')
    const tooLong = await insert({ title: 'Short', description: `${'x'.repeat(3_000)} tail` })
    expect(await wordsOf(tooLong)).toBe(`'short':1A 'tail':2B`)
    const longest = await insert({ title: 'Short', description: 'x'.repeat(2_000) })
    expect(await wordsOf(longest)).toBe(`'short':1A '${'x'.repeat(2_000)}':2B`)
  })

  it('are found by a search that names the owner, and by no other', async () => {
    const other = await insertUser(db)
    const found = (owner: string, word: string) =>
      queryRows(
        database,
        `select from tasks where array_to_tsvector(array[user_id::text]) || words
          @@ ('''${owner}''' || ' & ${word}')::tsquery`,
      )
    const word = `w${randomUUID().replaceAll('-', '')}`
    await insert({ title: `Find ${word}` })
    expect(await found(userId, word)).toHaveLength(1)
    expect(await found(userId, `${word}:A`)).toHaveLength(1)
    expect(await found(userId, `${word}:B`)).toEqual([])
    expect(await found(other, word)).toEqual([])
  })
})

describe('a task that is made again after it was purged', () => {
  const tombstones = async () =>
    await db.select({ userId: taskTombstones.userId, id: taskTombstones.id }).from(taskTombstones)

  it('takes its tombstone away, and no other', async () => {
    const [id, otherId, other] = [randomUUID(), randomUUID(), await insertUser(db)]
    await db.delete(taskTombstones)
    await insertTombstone(db, { userId, id })
    await insertTombstone(db, { userId, id: otherId })
    await insertTombstone(db, { userId: other, id })
    await insert()
    expect(await tombstones()).toHaveLength(3)

    await insert({ id })
    const kept = await tombstones()
    expect(kept).toHaveLength(2)
    expect(kept).toEqual(
      expect.arrayContaining([
        { userId, id: otherId },
        { userId: other, id },
      ]),
    )
  })

  it('leaves its tombstone when it is refused or taken back', async () => {
    const id = randomUUID()
    await db.delete(taskTombstones)
    await insertTombstone(db, { userId, id })
    expect(await constraintOf(insert({ id, title: '' }))).toBe('tasks_title_length')
    const takenBack = db.transaction(async (tx) => {
      await insertTask(tx, { userId, id })
      tx.rollback()
    })
    await expect(takenBack).rejects.toThrow('Rollback')
    expect(await tombstones()).toEqual([{ userId, id }])
  })

  it('takes away the tombstones of all that are made at once', async () => {
    const ids = Array.from({ length: 3 }, () => randomUUID())
    await db.delete(taskTombstones)
    for (const id of ids) await insertTombstone(db, { userId, id })
    await db.insert(tasks).values(ids.slice(1).map((id) => ({ userId, id, title: 'Again' })))
    expect(await tombstones()).toEqual([{ userId, id: ids[0] }])
  })
})
