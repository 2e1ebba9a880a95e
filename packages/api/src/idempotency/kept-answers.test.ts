import { randomUUID } from 'node:crypto'
import { tables } from '@tasklane/db'
import { count, eq, sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createCaller } from '../app-router.ts'
import { createContext } from '../context.ts'
import { createDependencies, type Settings } from '../dependencies.ts'
import { createTestBackend, type TestBackend, testPassword, testSettings } from '../testing.ts'
import { type KeyedUser, signUpKeyed } from './fixtures/keyed-callers.ts'

let backend: TestBackend
let user: KeyedUser
let key: string

beforeAll(async () => {
  backend = await createTestBackend()
})
beforeEach(async () => {
  user = await signUpKeyed(backend)
  key = randomUUID()
})
afterAll(() => backend.close())

const { apiTokens, authEvents, idempotencyKeys, taskFeeds, tasks } = tables
const reading = { name: 'Nightly report', scopes: 'read' } as const
const daySeconds = 24 * 3600
const db = () => backend.database.db

async function rowsOf(table: typeof tasks | typeof idempotencyKeys | typeof taskFeeds | typeof apiTokens) {
  const [row] = await db().select({ rows: count() }).from(table).where(eq(table.userId, user.id))
  return row?.rows
}

describe('a key', () => {
  it('stands for its call for 24 hours, and no longer', async () => {
    const made = await user.program(key).tasks.create({ title: 'Buy milk' })
    backend.advanceSeconds(daySeconds - 60)
    expect(await user.program(key).tasks.create({ title: 'Buy milk' })).toEqual(made)
    const other = () => user.program(key).tasks.create({ title: 'Buy bread' })
    await expect(other()).rejects.toMatchObject({ reason: 'IDEMPOTENCY_KEY_REUSED' })

    backend.advanceSeconds(61)
    const bread = await other()
    expect(bread).toMatchObject({ title: 'Buy bread' })
    expect([await rowsOf(tasks), await rowsOf(idempotencyKeys)]).toEqual([2, 1])

    backend.advanceSeconds(daySeconds - 60)
    expect(await other()).toEqual(bread)
    expect(await rowsOf(tasks)).toBe(2)
  })

  it('that is free again is taken once by twenty calls at once', async () => {
    await user.program(key).tasks.create({ title: 'Buy milk' })
    backend.advanceSeconds(daySeconds + 1)
    const again = Array.from({ length: 20 }, () => user.program(key).tasks.create({ title: 'Buy milk' }))
    expect(new Set((await Promise.all(again)).map(({ id }) => id)).size).toBe(1)
    expect([await rowsOf(tasks), await rowsOf(idempotencyKeys)]).toEqual([2, 1])
  })

  it('goes with the account of its user', async () => {
    await user.program(key).tasks.create({ title: 'Buy milk' })
    const kept = await rowsOf(idempotencyKeys)
    const other = await signUpKeyed(backend)
    await other.program(key).tasks.create({ title: 'Buy milk' })
    await user.caller().auth.deleteAccount({ currentPassword: testPassword })
    expect([kept, await rowsOf(idempotencyKeys)]).toEqual([1, 0])
    expect(await db().$count(idempotencyKeys, eq(idempotencyKeys.userId, other.id))).toBe(1)
  })
})

describe('a kept answer', () => {
  it('cannot be read in the database', async () => {
    const title = 'Surprise for Ada'
    await user.program(key).tasks.create({ title })
    const secondKey = randomUUID()
    const { token } = await user.caller(secondKey).tokens.create(reading)
    const rows = await db()
      .select({
        text: sql<string>`idempotency_keys::text`,
        requestHash: idempotencyKeys.requestHash,
        answer: idempotencyKeys.answer,
      })
      .from(idempotencyKeys)
      .where(eq(idempotencyKeys.userId, user.id))
    expect(rows).toHaveLength(2)
    for (const { text, requestHash, answer } of rows) {
      const bytes = [Buffer.from(requestHash), Buffer.from(answer), Buffer.from(text)]
      for (const secret of [title, token, token.slice('tl_'.length), 'Nightly report', 'tags']) {
        for (const encoding of ['utf8', 'hex', 'base64'] as const) {
          const written = encoding === 'utf8' ? secret : Buffer.from(secret).toString(encoding)
          for (const each of bytes) expect(each.includes(written)).toBe(false)
        }
      }
    }
  })

  it('is sealed anew each time, and so is its call: neither says anything by being the same', async () => {
    const id = randomUUID()
    await user.program(key).tasks.create({ id, title: 'Buy milk' })
    await user.program(randomUUID()).tasks.create({ id, title: 'Buy milk' })
    const rows = await db().select().from(idempotencyKeys).where(eq(idempotencyKeys.userId, user.id))
    const hexOf = (read: (row: (typeof rows)[number]) => Uint8Array) =>
      rows.map((row) => Buffer.from(read(row)).toString('hex'))
    expect(new Set(hexOf(({ requestHash }) => requestHash)).size).toBe(2)
    expect(new Set(hexOf(({ answer }) => answer)).size).toBe(2)
    expect(new Set(hexOf(({ answer }) => answer.subarray(0, 12))).size).toBe(2)
  })

  it('of a token is not told to another session of its user', async () => {
    const { signedIn, email } = await backend.signUp()
    const again = { usernameOrEmail: email, password: testPassword }
    const other = await backend.client().auth.logIn.mutate(again)
    const [first, second] = [signedIn, other].map(({ accessToken }) => {
      const caller = { authorization: [`Bearer ${accessToken}`], idempotencyKey: key }
      return createCaller(createContext(backend.dependencies, caller))
    })
    await first?.tokens.create(reading)
    await expect(second?.tokens.create(reading)).rejects.toMatchObject({ reason: 'IDEMPOTENCY_KEY_REUSED' })
  })

  it('of a batch that answers the same again and again takes little room', async () => {
    const description = '😀'.repeat(16_000)
    const { id } = await user.caller().tasks.create({ title: 'Large', description, completed: true })
    const operations = Array.from({ length: 100 }, () => ({ op: 'complete' as const, input: { id } }))
    await user.caller(key).tasks.batch({ atomic: false, operations })
    const [row] = await db().select().from(idempotencyKeys).where(eq(idempotencyKeys.userId, user.id))
    expect(row?.answer.length).toBeLessThan(100_000)
  })

  it('has no owner any more when the account was deleted in the meantime: the token is refused', async () => {
    await user.caller().tasks.list()
    const { id } = user
    await db().delete(tables.users).where(eq(tables.users.id, id))
    for (const operations of [[], [{ op: 'create' as const, input: { title: 'Late' } }]]) {
      const batch = user.caller(randomUUID()).tasks.batch({ atomic: false, operations })
      await expect(batch).rejects.toMatchObject({ reason: 'TOKEN_INVALID', httpStatus: 401 })
    }
  })

  const after = (settings: Partial<Settings>) => {
    const { db: same, log, now } = backend.dependencies
    return createDependencies({ db: same, log, now, settings: { ...testSettings, ...settings } })
  }
  const jwtSecret = 'another secret that only the tests know'
  const create = (title: string, settings: Partial<Settings>) =>
    user.program(key, after(settings)).tasks.create({ title })

  it('opens after a change of the secret, by the one before', async () => {
    const made = await user.program(key).tasks.create({ title: 'Buy milk' })
    const changed = { jwtSecret, jwtSecretPrevious: testSettings.jwtSecret }
    expect(await create('Buy milk', changed)).toEqual(made)
    expect(await rowsOf(tasks)).toBe(1)
  })

  it('does not open under another secret alone: then its key is refused, and nothing written', async () => {
    await user.program(key).tasks.create({ title: 'Buy milk' })
    const refused = { reason: 'IDEMPOTENCY_KEY_REUSED', httpStatus: 422 }
    await expect(create('Buy milk', { jwtSecret })).rejects.toMatchObject(refused)
    expect(await rowsOf(tasks)).toBe(1)
  })

  it.each(['answer', 'nonce', 'end'])('that was tampered with, by its %s, is not told', async (part) => {
    await user.program(key).tasks.create({ title: 'Buy milk' })
    const changed = {
      answer: sql`set_byte(answer, octet_length(answer) - 1, 255 - get_byte(answer, octet_length(answer) - 1))`,
      nonce: sql`set_byte(answer, 0, 255 - get_byte(answer, 0))`,
      end: sql`substring(answer for 5)`,
    }[part]
    await db().update(idempotencyKeys).set({ answer: changed }).where(eq(idempotencyKeys.userId, user.id))
    const again = user.program(key).tasks.create({ title: 'Buy milk' })
    await expect(again).rejects.toMatchObject({ reason: 'IDEMPOTENCY_KEY_REUSED' })
  })
})

describe('a write whose answer cannot be kept', () => {
  beforeEach(async () => {
    await db().execute(sql`alter table idempotency_keys add constraint none_kept check (false) not valid`)
  })

  const allow = () => db().execute(sql`alter table idempotency_keys drop constraint if exists none_kept`)
  afterEach(async () => void (await allow()))

  it('is not made, with all that belongs to it', async () => {
    const before = [await rowsOf(tasks), await rowsOf(taskFeeds), await rowsOf(apiTokens)]
    const events = await db().$count(authEvents)
    const operations = ['One', 'Two'].map((title) => ({ op: 'create' as const, input: { title } }))
    await expect(user.program(key).tasks.create({ title: 'Buy milk' })).rejects.toThrow()
    await expect(user.program(key).tasks.batch({ atomic: false, operations })).rejects.toThrow()
    await expect(user.program(key).tasks.batch({ atomic: true, operations })).rejects.toThrow()
    await expect(user.caller(key).tokens.create(reading)).rejects.toThrow()
    expect([await rowsOf(tasks), await rowsOf(taskFeeds), await rowsOf(apiTokens)]).toEqual(before)
    expect(await db().$count(authEvents)).toBe(events)
  })

  it('can be made again under its key', async () => {
    await expect(user.program(key).tasks.create({ title: 'Buy milk' })).rejects.toThrow()
    await allow()
    await user.program(key).tasks.create({ title: 'Buy milk' })
    expect([await rowsOf(tasks), await rowsOf(idempotencyKeys)]).toEqual([1, 1])
  })
})

describe('whoever follows the changes', () => {
  it('is woken by a keyed write, after its commit', async () => {
    const following = backend.dependencies.changeBus.subscribe(user.id)
    onTestFinished(() => following.end())
    // Longer than a test may take.
    const changes = following.woken(60_000).then(() => user.program().tasks.changes({ since: 0 }))
    const made = await user.program(key).tasks.create({ title: 'Buy milk' })
    expect((await changes).changes).toMatchObject([{ type: 'upsert', task: made }])
  })
})
