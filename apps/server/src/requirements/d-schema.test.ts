import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { createDependencies } from '@tasklane/api'
import { testSettings } from '@tasklane/api/testing'
import { connect, type Database, migrate, pendingMigrations, rollback, tables } from '@tasklane/db'
import { createServerTestDatabase, createTestDatabase } from '@tasklane/db/testing'
import { missingStatements, readCatalog, readDrift } from '@tasklane/db/testing-drift'
import { expect, it, onTestFinished } from 'vitest'
import { buildApp } from '../app.ts'
import { isDatabaseReady } from '../backend.ts'
import { captureLog } from '../fixtures/captured-log.ts'
import { requirePostgres } from '../fixtures/postgres.ts'
import { queryRows } from '../fixtures/rows.ts'
import { createRestCaller } from '../rest/fixtures/rest-caller.ts'

const adaId = '0190a000-0000-7000-8000-000000000001'
const taskId = '0190a000-0000-7000-8000-000000000002'

it('D1 tables have their constraints, indexes and trigger, and migrations go back and do not drift', async () => {
  const database = await createTestDatabase()
  onTestFinished(database.close)
  const run = (statement: string) => queryRows(database, statement)
  await run(`insert into users (id, email) values ('${adaId}', 'ada@example.com')`)
  await run(
    `insert into tasks (user_id, id, title, updated_at) values ('${adaId}', '${taskId}', 'x', '2001-02-03')`,
  )

  const refused = [
    [`insert into users (id, email) values (gen_random_uuid(), 'ada@example.com')`, 'users_email_key'],
    [`insert into users (id, username) values (gen_random_uuid(), 'ab')`, 'users_username_length'],
    [`update tasks set title = ''`, 'tasks_title_length'],
    [`update tasks set title = null`, 'null value in column "title"'],
    [`update tasks set user_id = null`, 'null value in column "user_id"'],
    [`update tasks set user_id = gen_random_uuid()`, 'foreign key'],
    [`update tasks set priority = 'whenever'`, 'task_priority'],
    [`update tasks set completed = true`, 'tasks_completed_has_instant'],
  ] as const
  for (const [statement, constraint] of refused) await expect(run(statement)).rejects.toThrow(constraint)

  const indexes = await readCatalog(database)
  for (const index of [
    /index CREATE UNIQUE INDEX users_email_key .*\(email\)/,
    /index CREATE UNIQUE INDEX tasks_pkey .*\(user_id, id\)/,
    /index CREATE INDEX \w+ ON public.tasks .*\(user_id, completed, created_at, id\)/,
    /index CREATE INDEX \w+ ON public.tasks .*\(user_id, created_at, id\)/,
  ])
    expect(indexes).toContainEqual(expect.stringMatching(index))

  await run(`update tasks set title = 'y'`)
  const isTouched = `select updated_at > now() - interval '1 minute' as touched from tasks`
  expect(await run(isTouched)).toEqual([{ touched: true }])
  await run('delete from users')
  expect(await run('select from tasks')).toEqual([])

  const migrated = await readCatalog(database)
  const names = readdirSync(new URL('../../../../drizzle/', import.meta.url))
    .flatMap((name) => /^(\d+_\w+)\.sql$/.exec(name)?.[1] ?? [])
    .sort()
  for (const name of [...names].reverse()) expect(await rollback(database)).toBe(name)
  expect(await rollback(database)).toBeUndefined()
  const emptied = await readCatalog(database)
  expect(emptied.filter((line) => !line.startsWith('extension '))).toEqual([])
  await migrate(database)
  expect(await readCatalog(database)).toEqual(migrated)

  expect(await missingStatements()).toEqual([])
  const { tasks: _tasks, ...others } = tables
  expect(await missingStatements(others)).toContainEqual(expect.stringContaining('DROP TABLE "tasks"'))
  await run('alter table users add column shoe_size integer')
  expect(await readDrift(database)).toEqual([expect.stringMatching(/^\+ column users.shoe_size integer /)])
}, 60_000)

it('D2 connections are pooled, and one that was lost is replaced before it is used, on any PostgreSQL', async (context) => {
  const serverUrl = await requirePostgres(context)
  const own = await createServerTestDatabase(serverUrl)
  onTestFinished(own.close)
  const url = new URL(serverUrl)
  const { database: name } = own.client.options
  url.pathname = `/${name}`
  // As Neon gives it, with a word for other drivers, and behind a pooler in transaction mode.
  url.searchParams.set('channel_binding', 'require')
  const database: Database = await connect({ url: url.href, connectionsMax: 3, prepare: false })
  onTestFinished(database.close)
  const { log } = captureLog()
  const dependencies = createDependencies({ db: database.db, log, settings: testSettings })
  const app = await buildApp({ dependencies, isReady: () => isDatabaseReady(database, log) })
  onTestFinished(() => app.close())
  const rest = createRestCaller(app)

  expect(await pendingMigrations(database)).toBe(0)
  expect((await rest('GET', '/health/ready')).status).toBe(200)
  const body = { email: 'ada@example.com', password: 'Correct-Horse-1' }
  const { token } = (await rest('POST', '/api/auth/signup', { body })).body
  const lists = Array.from({ length: 30 }, () => rest('GET', '/api/tasks', { token }))
  expect(new Set((await Promise.all(lists)).map(({ status }) => status))).toEqual(new Set([200]))
  const ours = `from pg_stat_activity where application_name = 'tasklane' and datname = '${name}'
    and pid <> pg_backend_pid()`
  const pooled = async () =>
    Number((await own.client.unsafe(`select count(*) ${ours} and query not like '%pg_stat%'`))[0]?.['count'])
  expect(await pooled()).toBe(3)

  await own.client.unsafe(`select pg_terminate_backend(pid) ${ours}`)
  await setTimeout(50)
  const after = Array.from({ length: 10 }, () => rest('GET', '/api/tasks', { token }))
  expect(new Set((await Promise.all(after)).map(({ status }) => status))).toEqual(new Set([200]))
  const overTrpc = await app.inject({
    url: '/trpc/tasks.list',
    headers: { authorization: `Bearer ${token}` },
  })
  expect(overTrpc.statusCode).toBe(200)
  expect((await rest('GET', '/health/ready')).status).toBe(200)
}, 60_000)
