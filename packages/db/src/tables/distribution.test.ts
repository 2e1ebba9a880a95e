import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../connect.ts'
import { insertUser, queryRows } from '../fixtures/rows.ts'
import { createTestDatabase } from '../testing.ts'

const partitions = 4

let database: Database
let owners: string[]

beforeAll(async () => {
  database = await createTestDatabase()
  await run('create table spread_tasks (like tasks including all) partition by hash (user_id)')
  for (let remainder = 0; remainder < partitions; remainder += 1) {
    await run(`create table spread_tasks_${remainder} partition of spread_tasks
      for values with (modulus ${partitions}, remainder ${remainder})`)
  }
  await run('alter table spread_tasks add foreign key (user_id) references users (id) on delete cascade')
  const [trigger] = await run<{ made: string }>(
    `select replace(pg_get_triggerdef(oid), ' public.tasks ', ' spread_tasks ') as made
      from pg_trigger where tgrelid = 'tasks'::regclass and tgname = 'tasks_touch'`,
  )
  await run(trigger?.made ?? '')
  owners = await Promise.all(Array.from({ length: 40 }, () => insertUser(database.db)))
})

afterAll(() => database.close())

async function run<Row>(text: string): Promise<Row[]> {
  return await queryRows<Row>(database, text)
}

const write = (owner: string, id: string, title = 'Buy milk') =>
  run(`insert into spread_tasks (user_id, id, title) values ('${owner}', '${id}', '${title}')`)

it('every key and index of tasks starts with the owner', async () => {
  const indexes = await run<{ name: string; first: string }>(
    `select i.indexrelid::regclass::text as name, a.attname as first
      from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = 'tasks'::regclass`,
  )
  expect(indexes).toContainEqual({ name: 'tasks_pkey', first: 'user_id' })
  expect(indexes.filter(({ first }) => first !== 'user_id')).toEqual([])
})

it('tasks spread over hash partitions keep their keys, indexes, checks and trigger', async () => {
  const id = randomUUID()
  for (const owner of owners) await write(owner, id)
  const spread = await run('select tableoid::regclass::text from spread_tasks group by 1')
  expect(spread).toHaveLength(partitions)

  const [owner = ''] = owners
  await expect(write(owner, id)).rejects.toThrow('_pkey')
  await expect(write(owner, randomUUID(), '')).rejects.toThrow('tasks_title_length')
  await expect(write(randomUUID(), id)).rejects.toThrow('user_id_fkey')
  const key = `user_id = '${owner}' and id = '${id}'`
  const update = `update spread_tasks set title = 'Buy bread' where ${key} returning title, version`
  expect(await run(update)).toEqual([{ title: 'Buy bread', version: 2 }])
  expect(await run(update)).toEqual([{ title: 'Buy bread', version: 2 }])
  expect(await run(`select count(*)::int as tasks from spread_tasks where version = 2`)).toEqual([
    { tasks: 1 },
  ])

  const indexes = (table: string) => run(`select from pg_index where indrelid = '${table}'::regclass`)
  expect(await indexes('spread_tasks_0')).toHaveLength((await indexes('tasks')).length)
})

it('the tasks of one owner are read from one partition', async () => {
  const plan = await run<Record<'QUERY PLAN', string>>(
    `explain (costs off) select * from spread_tasks
      where user_id = '${owners[0]}' and deleted_at is null order by created_at, id limit 20`,
  )
  const scanned = plan.filter((line) => / on spread_tasks_\d/.test(line['QUERY PLAN']))
  expect(scanned).toHaveLength(1)
})

it('a deleted owner takes the spread tasks along', async () => {
  const doomed = await insertUser(database.db)
  const tasksOfDoomed = () => run(`select from spread_tasks where user_id = '${doomed}'`)
  await write(doomed, randomUUID())
  expect(await tasksOfDoomed()).toHaveLength(1)
  await run(`delete from users where id = '${doomed}'`)
  expect(await tasksOfDoomed()).toEqual([])
})
