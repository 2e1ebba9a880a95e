import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../connect.ts'
import { constraintOf } from '../fixtures/constraint-of.ts'
import { insertFeed, insertTombstone, insertUser, queryRows } from '../fixtures/rows.ts'
import { createTestDatabase } from '../testing.ts'

const partitions = 4
const spreadTables = ['tasks', 'task_feeds', 'task_tombstones']

let database: Database
let owners: string[]
let triggers: { name: string; made: string }[]

/** Puts the tables aside as `whole_…`, and makes the same ones in partitions. */
beforeAll(async () => {
  database = await createTestDatabase()
  triggers = await run(
    `select tgname as name, pg_get_triggerdef(oid) as made
      from pg_trigger where tgrelid = 'tasks'::regclass and not tgisinternal order by tgname`,
  )
  for (const table of spreadTables) await spread(table)
  for (const { made } of triggers) await run(made)
  owners = await Promise.all(Array.from({ length: 40 }, () => insertUser(database.db)))
})

afterAll(() => database.close())

async function run<Row>(text: string): Promise<Row[]> {
  return await queryRows<Row>(database, text)
}

async function spread(table: string): Promise<void> {
  await run(`alter table ${table} rename to whole_${table}`)
  await run(`create table ${table} (like whole_${table} including all) partition by hash (user_id)`)
  for (let remainder = 0; remainder < partitions; remainder += 1) {
    await run(`create table ${table}_${remainder} partition of ${table}
      for values with (modulus ${partitions}, remainder ${remainder})`)
  }
  await run(`alter table ${table} add constraint ${table}_owner
    foreign key (user_id) references users (id) on delete cascade`)
}

const insertion = (owner: string, id: string, title: string) =>
  `insert into tasks (user_id, id, title) values ('${owner}', '${id}', '${title}')`
const write = (owner: string, id: string, title = 'Buy milk') => run(insertion(owner, id, title))

interface IndexOfTable {
  name: string
  method: string
  /** Absent for an expression. */
  first: string | null
  isKey: boolean
  made: string
}

async function indexesOf(table: string): Promise<IndexOfTable[]> {
  return await run<IndexOfTable>(
    `select c.relname as name, m.amname as method, a.attname as first, i.indisunique as "isKey",
        pg_get_indexdef(c.oid) as made
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam
      left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = '${table}'::regclass order by c.relname`,
  )
}

it('every key starts with the owner', async () => {
  for (const table of spreadTables) {
    const keys = (await indexesOf(`whole_${table}`)).filter(({ isKey }) => isKey)
    expect(keys).toContainEqual(expect.objectContaining({ name: `${table}_pkey`, first: 'user_id' }))
    expect(keys.filter(({ first }) => first !== 'user_id')).toEqual([])
  }
})

it('every index of tasks starts with the owner, but for the look-up by id and the words', async () => {
  const others = (await indexesOf('whole_tasks')).filter(({ first }) => first !== 'user_id')
  expect(others).toMatchObject([
    { name: 'tasks_id_idx', method: 'btree', first: 'id', isKey: false },
    { name: 'tasks_words_idx', method: 'gin', first: null, isKey: false },
  ])
})

it('the index of words holds the owner as a word', async () => {
  const { made } = (await indexesOf('whole_tasks')).find(({ method }) => method === 'gin') ?? {}
  expect(made).toMatch(/using gin \(\(\(?array_to_tsvector\(array\[\(?user_id\)?::text\]\) \|\| words\)/i)
})

it('tasks spread over hash partitions keep their keys, indexes and checks', async () => {
  const id = randomUUID()
  for (const owner of owners) await write(owner, id)
  const used = await run('select tableoid::regclass::text from tasks group by 1')
  expect(used).toHaveLength(partitions)

  const [owner = ''] = owners
  await expect(write(owner, id)).rejects.toThrow('_pkey')
  await expect(write(owner, randomUUID(), '')).rejects.toThrow('tasks_title_length')
  for (const table of spreadTables) {
    expect(await indexesOf(`${table}_0`)).toHaveLength((await indexesOf(`whole_${table}`)).length)
  }
})

it('spread tables refuse the rows of nobody', async () => {
  const { db } = database
  expect(await constraintOf(insertFeed(db, { userId: randomUUID() }))).toBe('task_feeds_owner')
  expect(await constraintOf(insertTombstone(db, { userId: randomUUID() }))).toBe('task_tombstones_owner')
  expect(await constraintOf(write(randomUUID(), randomUUID()))).toBe('task_feeds_owner')

  const writeToFeedOfNobody = db.transaction(async (tx) => {
    await tx.execute(sql`alter table task_feeds drop constraint task_feeds_owner`)
    const nobody = randomUUID()
    await insertFeed(tx, { userId: nobody })
    await tx.execute(sql.raw(insertion(nobody, randomUUID(), 'Buy milk')))
  })
  expect(await constraintOf(writeToFeedOfNobody)).toBe('tasks_owner')
})

it('spread tasks keep every trigger', async () => {
  expect(triggers.map(({ name }) => name)).toEqual(['tasks_changed', 'tasks_created'])
  const written = owners.slice(0, 2 * partitions)
  for (const owner of written) {
    const id = randomUUID()
    await insertTombstone(database.db, { userId: owner, id })
    await insertTombstone(database.db, { userId: owner })
    await write(owner, id)
    expect(await run(`select from task_tombstones where user_id = '${owner}'`)).toHaveLength(1)

    const [feed] = await run<{ seq: number }>(`select seq::int from task_feeds where user_id = '${owner}'`)
    const task = `select title, version, seq::int, words::text from tasks
      where user_id = '${owner}' and id = '${id}'`
    const seq = feed?.seq ?? 0
    expect(seq).toBeGreaterThan(0)
    expect(await run(task)).toEqual([{ title: 'Buy milk', version: 1, seq, words: `'buy':1A 'milk':2A` }])
    const changed = { title: 'Buy bread', version: 2, seq: seq + 1, words: `'bread':2A 'buy':1A` }
    for (const _again of [1, 2]) {
      await run(`update tasks set title = 'Buy bread' where user_id = '${owner}' and id = '${id}'`)
      expect(await run(task)).toEqual([changed])
    }
  }
  expect(await run(`select count(*)::int as tasks from tasks where version = 2`)).toEqual([
    { tasks: written.length },
  ])
  expect(await run('select from whole_task_feeds')).toEqual([])
})

it('the tasks of one owner are read from one partition', async () => {
  const plan = await run<Record<'QUERY PLAN', string>>(
    `explain (costs off) select * from tasks
      where user_id = '${owners[0]}' and deleted_at is null order by created_at, id limit 20`,
  )
  const scanned = plan.filter((line) => / on tasks_\d/.test(line['QUERY PLAN']))
  expect(scanned).toHaveLength(1)
})

it('a deleted owner takes along what is spread', async () => {
  const doomed = await insertUser(database.db)
  await write(doomed, randomUUID())
  await insertTombstone(database.db, { userId: doomed })
  const countRows = async () => {
    const rows = spreadTables.map((table) => run(`select from ${table} where user_id = '${doomed}'`))
    return (await Promise.all(rows)).map(({ length }) => length)
  }
  expect(await countRows()).toEqual([1, 1, 1])
  await run(`delete from users where id = '${doomed}'`)
  expect(await countRows()).toEqual([0, 0, 0])
})
