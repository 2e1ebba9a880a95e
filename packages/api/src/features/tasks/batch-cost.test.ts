import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCaller } from '../../app-router.ts'
import { createContext } from '../../context.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { BatchTasks } from './contract.ts'
import { refusalOf } from './fixtures/refusal-of.ts'
import { countWireStatements } from './fixtures/wire-statements.ts'

let backend: TestBackend
let client: TestUser['client']
let accessToken: string

beforeAll(async () => {
  backend = await createTestBackend()
  const user = await backend.signUp()
  client = user.client
  accessToken = user.signedIn.accessToken
})
afterAll(() => backend.close())

type Operation = BatchTasks['operations'][number]

const creations = (count: number): Operation[] =>
  Array.from({ length: count }, (_, index) => ({
    op: 'create',
    input: { id: crypto.randomUUID(), title: `${index}`, tags: ['a'], dueDate: '2026-01-31' },
  }))
const run = (atomic: boolean, operations: Operation[]) => client.tasks.batch.mutate({ atomic, operations })
const countTasks = async () => (await client.tasks.list.query()).total

describe('what goes to the database', () => {
  it('is counted with the begin and the commit of a transaction', async () => {
    const one = () => backend.database.db.transaction(async (tx) => await tx.execute('select 1'))
    expect(await countWireStatements(backend, one)).toBe(3)
    expect(await countWireStatements(backend, () => client.tasks.counts.query())).toBe(1)
    expect(await countWireStatements(backend, async () => {})).toBe(0)
  })

  it.each([1, 2, 100])('for an atomic batch of %i creations is at most three statements', async (count) => {
    // The first of a connection also prepares.
    await run(true, creations(count))
    const statements = await countWireStatements(backend, () => run(true, creations(count)))
    expect(statements).toBeLessThanOrEqual(3)
  })

  it('for the same batch again is at most four, which give the same tasks and no other', async () => {
    const operations = creations(100)
    const first = await run(true, operations)
    const before = await countTasks()
    const { next: since } = await client.tasks.changes.query()
    let again: typeof first | undefined
    const statements = await countWireStatements(backend, async () => {
      again = await run(true, operations)
    })
    expect(again).toStrictEqual(first)
    expect(statements).toBeLessThanOrEqual(4)
    expect(await countTasks()).toBe(before)
    expect(await client.tasks.changes.query({ since })).toMatchObject({ changes: [] })
  })

  it('for a batch that was half done gives what is there and makes the rest', async () => {
    const operations = creations(10)
    const half = await run(false, operations.slice(0, 5))
    const whole = await run(true, operations)
    expect(whole.results.slice(0, 5)).toStrictEqual(half.results)
    expect(whole.results.every(({ ok }) => ok)).toBe(true)
  })

  it('for 100 creations that are not atomic is one statement', async () => {
    await run(false, creations(100))
    expect(await countWireStatements(backend, () => run(false, creations(100)))).toBe(1)
  })

  it('for a batch that is malformed is nothing, where it is atomic', async () => {
    const operations = [...creations(2), { op: 'create', input: { title: '' } } as Operation]
    expect(await countWireStatements(backend, () => refusalOf(run(true, operations)))).toBe(0)
    expect(await countWireStatements(backend, () => run(false, operations.slice(2)))).toBe(0)
  })
})

describe('batches of one HTTP request that ask for too much', () => {
  it('are refused whole, before anything of them is written', async () => {
    const batches = Array.from({ length: 4 }, () => creations(100))
    const before = (await countTasks()) ?? 0
    // The client sends calls of one moment as one request.
    const outcomes = await Promise.allSettled(batches.map((operations) => run(false, operations)))
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(refused).toHaveLength(2)
    for (const error of refused)
      expect(error).toMatchObject({ data: { httpStatus: 400, reason: 'ANSWER_TOO_LARGE' } })
    expect(await countTasks()).toBe(before + 200)

    for (const [index, outcome] of outcomes.entries()) {
      const id = batches[index]?.[0]?.input.id ?? ''
      const isThere = await client.tasks.get.query({ id }).then(
        () => true,
        () => false,
      )
      expect(isThere).toBe(outcome.status === 'fulfilled')
    }
  })

  it('leave room for a list, and a list for them', async () => {
    const outcomes = await Promise.allSettled([
      run(true, creations(100)),
      run(true, creations(100)),
      client.tasks.counts.query(),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
  })

  it('are counted anew in the next request', async () => {
    for (let request = 0; request < 4; request++) {
      const { results } = await run(true, creations(100))
      expect(results).toHaveLength(100)
    }
  })
})

describe('a failure of the database in the middle of a batch', () => {
  const boom = 'breaks the database'

  beforeAll(async () => {
    const { db } = backend.database
    await db.execute(`create function break() returns trigger language plpgsql as $$ begin
      if new.title = '${boom}' then raise exception 'distinctive' using errcode = 'XX001'; end if;
      if new.title = 'is away' then raise exception 'distinctive' using errcode = '57P03'; end if;
      return new;
    end $$`)
    await db.execute(
      'create trigger a_break before insert or update on tasks for each row execute function break()',
    )
  })

  const runKeyed = (operations: Operation[]) => {
    const caller = { authorization: [`Bearer ${accessToken}`], idempotencyKey: crypto.randomUUID() }
    const ctx = createContext(backend.dependencies, caller)
    return createCaller(ctx).tasks.batch({ atomic: false, operations })
  }

  it.each([
    { title: boom, reason: 'INTERNAL', isKeyed: false },
    { title: 'is away', reason: 'DATABASE_UNAVAILABLE', isKeyed: false },
    { title: boom, reason: 'INTERNAL', isKeyed: true },
  ])('that is not atomic hides nothing of what was done: %o', async ({ title, reason, isKeyed }) => {
    const { id } = await client.tasks.create.mutate({ title: 'Mine' })
    backend.log.length = 0
    const update = (to: string): Operation => ({ op: 'update', input: { id, title: to } })
    const { results } = await (isKeyed ? runKeyed : (all: Operation[]) => run(false, all))([
      update('First'),
      update(title),
      ...creations(2),
      { op: 'complete', input: { id } },
      { op: 'create', input: { title } },
      { op: 'create', input: { title: 'Beside' } },
      { op: 'reopen', input: { id } },
    ])
    const isOk = results.map(({ ok }) => ok)
    expect(isOk).toEqual([true, false, true, true, true, false, false, true])
    for (const index of [1, 5, 6]) expect(results[index]).toMatchObject({ index, reason })
    expect(JSON.stringify(results)).not.toContain('distinctive')
    expect(await client.tasks.get.query({ id })).toMatchObject({ title: 'First', version: 4 })
    expect(backend.log.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'operation of a batch failed'],
      ['error', 'operation of a batch failed'],
    ])
    expect(JSON.stringify(backend.log)).not.toContain('"params"')
  })

  it.each([
    [boom, 'INTERNAL', 500],
    ['is away', 'DATABASE_UNAVAILABLE', 503],
  ])('that is atomic takes all back: %s', async (title, reason, httpStatus) => {
    const { id } = await client.tasks.create.mutate({ title: 'Mine' })
    const { next: since } = await client.tasks.changes.query()
    const operations: Operation[] = [...creations(2), { op: 'update', input: { id, title } }, ...creations(1)]
    expect(await refusalOf(run(true, operations))).toMatchObject({ reason, httpStatus })
    expect(await client.tasks.changes.query({ since })).toEqual({ changes: [], next: since, resync: false })
  })
})
