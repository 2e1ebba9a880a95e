import { chmod, mkdtemp, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connect, type Database, type DatabaseOptions } from './connect.ts'
import { requirePostgres } from './fixtures/postgres.ts'
import { insertUser, queryRows } from './fixtures/rows.ts'
import { startProgram } from './fixtures/start-program.ts'
import { FolderInUseError, lockFolder } from './lock.ts'
import { tasks, users } from './tables/index.ts'
import { createTestDatabase } from './testing.ts'

describe('a database', () => {
  it('tells the text of every statement, and nothing of its parameters', async () => {
    const told: string[][] = []
    const database = await createTestDatabase({ onStatement: (...given: string[]) => told.push(given) })
    const id = await insertUser(database.db)
    await database.db.transaction(async (tx) => {
      await tx.select({ id: users.id }).from(users).where(eq(users.id, id))
      await tx.execute(sql`select ${'a parameter'}::text`)
    })
    expect(told).toEqual([
      [expect.stringMatching(/^insert into "users" /)],
      ['select "id" from "users" where "users"."id" = $1'],
      ['select $1::text'],
    ])
    await database.close()
  })
})

describe('a PostgreSQL server', () => {
  const plusOne = (db: Database['db']) =>
    db.select({ sum: sql<number>`${sql.placeholder('number')}::int + 1` }).from(sql`(values (1)) as one`)

  async function preparedBy(url: string, options: DatabaseOptions): Promise<unknown[]> {
    const database = await connect({ url, connectionsMax: 1, ...options })
    onTestFinished(database.close)
    const prepared = plusOne(database.db).prepare('plus_one')
    expect(await prepared.execute({ number: 1 })).toEqual([{ sum: 2 }])
    expect(await prepared.execute({ number: 2 })).toEqual([{ sum: 3 }])
    return await queryRows(
      database,
      `select statement, generic_plans + custom_plans as plans from pg_prepared_statements
        where statement like '%as one%'`,
    )
  }

  it('prepares a named statement once and uses it again', async (context) => {
    const prepared = await preparedBy(await requirePostgres(context), {})
    expect(prepared).toEqual([{ statement: 'select $1::int + 1 from (values (1)) as one', plans: '2' }])
  })

  it('prepares nothing when told so, as a pooler in transaction mode needs', async (context) => {
    expect(await preparedBy(await requirePostgres(context), { prepare: false })).toEqual([])
  })

  it('is opened before it answers', async () => {
    const database = await connect({ url: 'postgres://someone@127.0.0.1:1/any' })
    onTestFinished(database.close)
    await expect(database.ping()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('the embedded database', () => {
  let folder: string
  let dataDir: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tasklane-db-'))
    dataDir = join(folder, 'not', 'there', 'yet')
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('has every row that was acknowledged before its process was killed', async () => {
    const acknowledged: string[] = []
    for (const rows of [5, 40]) {
      const program = startProgram('insert-until-killed', [dataDir])
      onTestFinished(program.kill)
      for (let row = 0; row < rows; row += 1) acknowledged.push(await program.nextLine())
      await expect(connect({ dataDir })).rejects.toThrow(`is open in process ${program.pid}.`)
      await program.kill()
      acknowledged.push(...(await program.remainingLines()))
    }
    const database = await connect({ dataDir })
    onTestFinished(database.close)
    const stored = await database.db.select({ id: tasks.id }).from(tasks).where(eq(tasks.title, 'Buy milk'))
    expect(acknowledged.length).toBeGreaterThanOrEqual(45)
    expect(stored.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged))
  })

  it('keeps its folder until it is closed, which may be asked for twice', async () => {
    const database = await connect({ dataDir })
    await database.ping()
    await expect(connect({ dataDir })).rejects.toThrow(FolderInUseError)
    await database.close()
    await database.close()
    await expect(database.ping()).rejects.toThrow()
    await (await lockFolder(dataDir)).release()
  })

  it('frees its folder when it cannot be opened', async () => {
    await symlink(join(folder, 'no', 'such', 'folder'), join(folder, 'postgres'))
    await expect(connect({ dataDir: folder })).rejects.toThrow('ENOENT')
    await (await lockFolder(folder)).release()
  })
})

it('takes the address that a hoster gives, with words for other drivers, and reads dates as ISO', async (context) => {
  const url = new URL(await requirePostgres(context))
  for (const word of ['channel_binding=require', 'schema=public', 'pgbouncer=true']) {
    const [name = '', value = ''] = word.split('=')
    url.searchParams.set(name, value)
  }
  const database = await connect({ url: url.href, connectionsMax: 1 })
  onTestFinished(database.close)
  expect(await database.db.execute('show datestyle')).toEqual([{ DateStyle: expect.stringMatching(/^ISO/) }])
})

it('keeps the embedded database from other users, also in a folder that they may read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tasklane-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await chmod(folder, 0o755)
  const database = await connect({ dataDir: folder })
  await database.close()
  expect((await stat(join(folder, 'postgres'))).mode & 0o777).toBe(0o700)
})
