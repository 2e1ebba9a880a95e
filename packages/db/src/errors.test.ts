import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connect, type Database } from './connect.ts'
import { describeError, isDatabaseUnavailable, violatedConstraint } from './errors.ts'
import { requirePostgres } from './fixtures/postgres.ts'
import { insertSession, insertTask, insertUser } from './fixtures/rows.ts'
import { createTestDatabase } from './testing.ts'

const secret = 'hunter2 is in a parameter'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  return await work.then(
    () => expect.unreachable('should have failed'),
    (error: unknown) => error,
  )
}

/** Fails by the statement's own fault, through drizzle, with the secret in a parameter. */
async function refusalBy(fault: keyof typeof faults): Promise<unknown> {
  return await failureOf(faults[fault]())
}

const faults = {
  'a unique key': async () => {
    await insertUser(database.db, { email: secret })
    await insertUser(database.db, { email: secret })
  },
  'a foreign key': () => insertSession(database.db, { userId: crypto.randomUUID(), userAgent: secret }),
  'a foreign key in a trigger': () => insertTask(database.db, { userId: crypto.randomUUID(), title: secret }),
  'a check': () => insertUser(database.db, { name: secret.repeat(9) }),
  'a missing value': () => database.db.execute(sql`insert into users (name) values (${secret})`),
  'bad syntax': () => database.db.execute(sql`selec ${secret}`),
  'a bad value': () => database.db.execute(sql`select ${secret}::text::uuid`),
}

const everyFault = Object.keys(faults) as (keyof typeof faults)[]

describe('violatedConstraint', () => {
  it.each([
    ['a unique key', 'users_email_key'],
    ['a foreign key', 'sessions_user_id_users_id_fk'],
    ['a foreign key in a trigger', 'task_feeds_user_id_users_id_fk'],
    ['a check', 'users_name_length'],
    ['a missing value', undefined],
    ['bad syntax', undefined],
    ['a bad value', undefined],
  ] as const)('of %s is %s', async (fault, constraint) => {
    expect(violatedConstraint(await refusalBy(fault))).toBe(constraint)
  })

  it('is found in a transaction too', async () => {
    const failure = database.db.transaction((tx) => insertUser(tx, { name: secret.repeat(9) }))
    expect(violatedConstraint(await failureOf(failure))).toBe('users_name_length')
  })

  it.each([new Error('23505'), { code: '23505', constraint: 'users_email_key' }, undefined, 'text'])(
    'is nothing for what no driver threw: %s',
    (error) => {
      expect(violatedConstraint(error)).toBeUndefined()
    },
  )
})

describe('isDatabaseUnavailable', () => {
  it.each(everyFault)('is false for %s', async (fault) => {
    expect(isDatabaseUnavailable(await refusalBy(fault))).toBe(false)
  })

  it('is true, within seconds, when nothing listens there', async () => {
    const closed = await connect({ url: `postgres://someone@127.0.0.1:${await closedPort()}/any` })
    onTestFinished(closed.close)
    const startedAt = performance.now()
    expect(isDatabaseUnavailable(await failureOf(closed.ping()))).toBe(true)
    expect(isDatabaseUnavailable(await failureOf(closed.db.execute(sql`select 1`)))).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'CONNECTION_ENDED', '53300', '57P03', '08006'])(
    'is true for %s, however deep',
    (code) => {
      const cause = Object.assign(new Error('away'), { code })
      expect(isDatabaseUnavailable(new Error('outer', { cause: new Error('inner', { cause }) }))).toBe(true)
      expect(isDatabaseUnavailable(new AggregateError([cause]))).toBe(true)
    },
  )

  it('is true when what listens there never answers', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const url = `postgres://someone@127.0.0.1:${portOf(silent)}/any`
    const waiting = await connect({ url, connectTimeoutSeconds: 0.2 })
    onTestFinished(waiting.close)
    expect(isDatabaseUnavailable(await failureOf(waiting.ping()))).toBe(true)
  })

  it('is true for a statement that the server cuts off, and statements work again', async (context) => {
    const url = await requirePostgres(context)
    const [cut, other] = await Promise.all([open(url), open(url)])
    const cutOff = failureOf(cut.db.execute(sql`select 'cut off', pg_sleep(10)`))
    const end = sql`select pg_terminate_backend(pid) as ended from pg_stat_activity
      where query like 'select ''cut off''%' and state = 'active' and pid <> pg_backend_pid()`
    await expect.poll(() => other.db.execute(end)).toMatchObject([{ ended: true }])
    expect(isDatabaseUnavailable(await cutOff)).toBe(true)

    const answers = () => cut.ping().then(() => true, isDatabaseUnavailable)
    expect(await answers()).toBe(true)
    await cut.ping()
  })
})

describe('describeError', () => {
  it.each(everyFault)('shows no parameter of a statement refused for %s', async (fault) => {
    const described = JSON.stringify(describeError(await refusalBy(fault)))
    expect(described).not.toContain('hunter2')
  })

  it.each([
    ['a unique key', '23505', 'users_email_key'],
    ['a missing value', '23502', 'null value in column'],
    ['bad syntax', '42601', 'syntax error at or near'],
    ['a bad value', '22P02', 'select $1::text::uuid'],
  ] as const)('names the code and the reason of a statement refused for %s', async (fault, code, reason) => {
    const described = describeError(await refusalBy(fault))
    expect(described).toMatchObject({ query: expect.any(String), cause: { code } })
    expect(JSON.stringify(described)).toContain(reason)
  })

  it('shows no parameter that an outer error took over into its text', async () => {
    const cause = await refusalBy('bad syntax')
    const copied = new Error(`Could not save: ${cause instanceof Error ? cause.message : ''}`, { cause })
    expect(copied.message).toContain('hunter2')
    expect(JSON.stringify(describeError(copied))).not.toContain('hunter2')
  })

  it('keeps the text, the code and the stack of other errors', () => {
    const error = Object.assign(new TypeError('no such thing', { cause: 'text' }), { code: 'ENOENT' })
    expect(describeError(error)).toEqual({
      name: 'TypeError',
      message: 'no such thing',
      stack: error.stack,
      code: 'ENOENT',
      cause: { message: 'Something that is not an error was thrown.' },
    })
  })
})

/** A single connection, closed at the end of the test. */
async function open(url: string): Promise<Database> {
  const opened = await connect({ url, connectionsMax: 1 })
  onTestFinished(opened.close)
  return opened
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
