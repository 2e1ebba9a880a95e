import { rm } from 'node:fs/promises'
import { connect } from '@tasklane/db'
import { createEmptyDatabase } from '@tasklane/db/testing'
import { afterEach, expect, it } from 'vitest'
import { trpcErrorOf } from './fixtures/answers.ts'
import { requirePostgres } from './fixtures/postgres.ts'
import { queryRows } from './fixtures/rows.ts'
import { createFolder, type ServerProcess, startServer } from './fixtures/server-process.ts'

const patient = { timeout: 15_000 }
const toClose: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close()
})

it('in production prints nothing but its log, sends no mail without a mail server, and forgets old events', async (context) => {
  const { url, drop } = await createEmptyDatabase(await requirePostgres(context))
  toClose.push(drop)
  const folder = await createFolder()
  toClose.push(() => rm(folder, { recursive: true }))
  const variables = {
    NODE_ENV: 'production',
    DATABASE_URL: url,
    MIGRATE_ON_START: 'true',
    JWT_SECRET: 'hbsZKk3dYPP0oUv5b0xRzOqPSoqSpt2EwHqvNwUTP1c=',
    AUTH_EVENTS_RETENTION_DAYS: '1',
  }
  async function start(): Promise<ServerProcess> {
    const server = await startServer({ folder, variables })
    toClose.push(() => server.end('SIGKILL'))
    return server
  }

  const server = await start()
  const warnings = () => server.logged().filter(({ level }) => level === 40)
  await expect.poll(warnings, patient).toHaveLength(1)
  expect(warnings()).toMatchObject([
    {
      msg: 'no mail is sent, and these are off: set SMTP_URL and MAIL_FROM',
      procedures: ['auth.requestPasswordReset', 'auth.requestEmailVerification', 'auth.changeEmail'],
    },
  ])
  const reset = await fetch(`${server.url}/trpc/auth.requestPasswordReset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ json: { email: 'ada@example.com' } }),
  })
  expect(trpcErrorOf(await reset.json()).data.reason).toBe('MAIL_UNAVAILABLE')
  expect(await server.end('SIGTERM')).toBe(0)
  expect(server.logged()).toHaveLength(server.printed().split('\n').length - 1)

  const database = await connect({ url, connectionsMax: 1 })
  toClose.push(() => database.close())
  const insert = 'insert into auth_events (id, event_type, success, created_at) values'
  await queryRows(
    database,
    `${insert} ('0190a000-0000-7000-8000-000000000000', 'log_out', true, '2024-07-11'),
              ('ffffffff-ffff-7fff-bfff-ffffffffffff', 'log_out', true, now())`,
  )
  await start()
  const kept = () => queryRows(database, 'select id from auth_events')
  await expect.poll(kept, patient).toEqual([{ id: 'ffffffff-ffff-7fff-bfff-ffffffffffff' }])
}, 60_000)
