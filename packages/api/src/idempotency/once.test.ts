import { randomUUID } from 'node:crypto'
import { tables } from '@tasklane/db'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { apiTokenLimits } from '../features/tokens/contract.ts'
import { createTestBackend, type TestBackend } from '../testing.ts'
import type { Turns } from '../turns.ts'
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

const { apiTokens, idempotencyKeys, taskFeeds, tasks } = tables
const reused = { reason: 'IDEMPOTENCY_KEY_REUSED', httpStatus: 422 }
const reading = { name: 'Nightly report', scopes: 'read' } as const
const db = () => backend.database.db

/** What there is of a user: rows, and where the feed stands. */
async function stateOf({ id }: KeyedUser) {
  const [feed] = await db().select({ seq: taskFeeds.seq }).from(taskFeeds).where(eq(taskFeeds.userId, id))
  return {
    tasks: await db().$count(tasks, eq(tasks.userId, id)),
    keys: await db().$count(idempotencyKeys, eq(idempotencyKeys.userId, id)),
    tokens: await db().$count(apiTokens, eq(apiTokens.userId, id)),
    seq: feed?.seq ?? 0,
  }
}

describe('a call that is made again under its key', () => {
  it('answers as it did, to the type of each field, and writes nothing', async () => {
    const input = { title: 'Buy milk', tags: ['Home'], dueDate: '2026-12-24', completed: true }
    const made = await user.program(key).tasks.create(input)
    const before = await stateOf(user)
    expect(before).toMatchObject({ tasks: 1, keys: 1 })
    expect(made.completedAt).toBeInstanceOf(Date)
    backend.statements.length = 0
    for (let again = 0; again < 3; again++)
      expect(await user.program(key).tasks.create(input)).toStrictEqual(made)
    expect(backend.statements.filter((text) => text.includes('insert'))).toEqual([])
    expect(await stateOf(user)).toEqual(before)
  })

  it('answers as it did though the task has changed or gone since', async () => {
    const made = await user.program(key).tasks.create({ title: 'Buy milk' })
    await user.program().tasks.update({ id: made.id, title: 'Buy bread' })
    expect(await user.program(key).tasks.create({ title: 'Buy milk' })).toEqual(made)
    await user.program().tasks.delete({ id: made.id })
    await user.program().tasks.purge({ id: made.id })
    expect(await user.program(key).tasks.create({ title: 'Buy milk' })).toEqual(made)
    expect(await stateOf(user)).toMatchObject({ tasks: 0, keys: 1 })
  })

  it('is the same call in whatever order its fields stand', async () => {
    const made = await user.program(key).tasks.create({ title: 'Buy milk', priority: 'low', tags: ['a'] })
    const again = await user.program(key).tasks.create({ tags: ['a'], priority: 'low', title: 'Buy milk' })
    expect(again).toEqual(made)
  })

  it('is the same call in whatever order the fields of its operations stand', async () => {
    const content = { title: 'Buy milk', priority: 'low' as const }
    const backwards = { priority: 'low' as const, title: 'Buy milk' }
    const made = await user
      .program(key)
      .tasks.batch({ atomic: false, operations: [{ op: 'create', input: content }] })
    const again = user
      .program(key)
      .tasks.batch({ operations: [{ input: backwards, op: 'create' }], atomic: false })
    expect(await again).toEqual(made)
    expect(await stateOf(user)).toMatchObject({ tasks: 1, keys: 1 })
  })

  it('is another call for another user', async () => {
    const other = await signUpKeyed(backend)
    const made = await user.program(key).tasks.create({ title: 'Buy milk' })
    const theirs = await other.program(key).tasks.create({ title: 'Sell milk' })
    expect(theirs).toMatchObject({ title: 'Sell milk', userId: other.id })
    expect(await user.program(key).tasks.create({ title: 'Buy milk' })).toEqual(made)
    expect(await other.program(key).tasks.create({ title: 'Sell milk' })).toEqual(theirs)
  })

  it('gives the same API token, once made', async () => {
    const created = await user.caller(key).tokens.create(reading)
    const before = await stateOf(user)
    expect(await user.caller(key).tokens.create(reading)).toEqual(created)
    expect(await stateOf(user)).toEqual(before)
  })

  it.each([true, false])('gives the same batch, once made, with atomic: %s', async (atomic) => {
    const operations = ['One', 'Two'].map((title) => ({ op: 'create' as const, input: { title } }))
    const made = await user.program(key).tasks.batch({ atomic, operations })
    expect(made.results).toMatchObject([{ ok: true }, { ok: true }])
    expect(await user.program(key).tasks.batch({ atomic, operations })).toEqual(made)
    expect(await stateOf(user)).toMatchObject({ tasks: 2, keys: 1 })
  })

  it('tells what failed in a batch as it did, though it would not fail now', async () => {
    const { id } = await user.program().tasks.create({ title: 'Buy milk' })
    const batch = {
      atomic: false,
      operations: [{ op: 'complete' as const, input: { id, expectedVersion: 2 } }],
    }
    const made = await user.program(key).tasks.batch(batch)
    expect(made.results).toMatchObject([{ ok: false, reason: 'VERSION_CONFLICT' }])
    await user.program().tasks.update({ id, title: 'Buy bread' })
    expect(await user.program(key).tasks.batch(batch)).toEqual(made)
  })

  it('without a key is made each time, and keeps nothing', async () => {
    const made = await user.program().tasks.create({ title: 'Buy milk' })
    expect((await user.program().tasks.create({ title: 'Buy milk' })).id).not.toBe(made.id)
    expect(await stateOf(user)).toMatchObject({ tasks: 2, keys: 0 })
  })
})

describe('a key that stands for a call', () => {
  const others: Record<string, (id: string) => Promise<unknown>> = {
    'another title': () => user.program(key).tasks.create({ title: 'Buy bread' }),
    'one field more': () => user.program(key).tasks.create({ title: 'Buy milk', priority: 'low' }),
    'another order of tags': () => user.program(key).tasks.create({ title: 'Buy milk', tags: ['b', 'a'] }),
    'another procedure': (id) => user.program(key).tasks.complete({ id }),
    'another kind of thing': () => user.caller(key).tokens.create(reading),
    'a batch of the same': () =>
      user
        .program(key)
        .tasks.batch({ atomic: true, operations: [{ op: 'create', input: { title: 'Buy milk' } }] }),
  }

  it.each(Object.entries(others))('is refused for %s, and nothing is written', async (what, other) => {
    const tags = what === 'another order of tags' ? { tags: ['a', 'b'] } : {}
    const { id } = await user.program(key).tasks.create({ title: 'Buy milk', ...tags })
    const before = await stateOf(user)
    await expect(other(id)).rejects.toMatchObject(reused)
    expect(await stateOf(user)).toEqual(before)
  })

  it('is refused for the same input of a procedure that takes the same', async () => {
    const { id } = await user.program().tasks.create({ title: 'Buy milk' })
    await user.program(key).tasks.complete({ id })
    await expect(user.program(key).tasks.reopen({ id })).rejects.toMatchObject(reused)
    expect(await user.program().tasks.get({ id })).toMatchObject({ completed: true, version: 2 })
  })
})

describe('twenty calls at once under one key', () => {
  const twenty = async <Answer>(call: () => Promise<Answer>) =>
    await Promise.all(Array.from({ length: 20 }, call))

  it('write one task with one change, and answer the same', async () => {
    const one = await stateOf(user)
    const answers = await twenty(() => user.program(key).tasks.create({ title: 'Buy milk' }))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    const { changes } = await user.program().tasks.changes({ since: 0 })
    expect(changes).toMatchObject([{ type: 'upsert', task: answers[0] }])
    expect(await stateOf(user)).toEqual({ ...one, tasks: 1, keys: 1, seq: changes[0]?.seq })
  })

  it('all succeed, also where the first makes the others impossible', async () => {
    const { id } = await user.program().tasks.create({ title: 'Buy milk' })
    const updated = await twenty(() =>
      user.program(key).tasks.update({ id, title: 'Buy bread', expectedVersion: 1 }),
    )
    for (const answer of updated) expect(answer).toMatchObject({ title: 'Buy bread', version: 2 })
    const { version } = await user.program().tasks.get({ id })
    expect(version).toBe(2)
  })

  it('make one API token, and answer with its text, also when there is room for one alone', async () => {
    const missing = apiTokenLimits.liveMax - 2
    const rows = Array.from({ length: missing }, (_, index) => ({
      ...{ id: backend.dependencies.newId(), userId: user.id, name: `${index}`, scopes: 'read' as const },
      ...{ tokenHash: Buffer.from(randomUUID()), createdAt: new Date() },
    }))
    await db().insert(apiTokens).values(rows)
    const answers = await twenty(() => user.caller(key).tokens.create(reading))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await stateOf(user)).toMatchObject({ tokens: apiTokenLimits.liveMax, keys: 1 })
  })

  it('with different inputs do one of them, and refuse the others', async () => {
    let turn = 0
    const settled = await Promise.allSettled(
      Array.from({ length: 20 }, () => user.program(key).tasks.create({ title: `${turn++}` })),
    )
    const refused = settled.filter((each) => each.status === 'rejected')
    expect(refused.map(({ reason }) => reason)).toEqual(Array(19).fill(expect.objectContaining(reused)))
    expect(await stateOf(user)).toMatchObject({ tasks: 1, keys: 1 })
  })
})

describe('a call that is refused', () => {
  it('keeps nothing, and can be made again under its key', async () => {
    const id = randomUUID()
    const complete = () => user.program(key).tasks.complete({ id })
    await expect(complete()).rejects.toMatchObject({ reason: 'TASK_NOT_FOUND' })
    expect(await stateOf(user)).toMatchObject({ tasks: 0, keys: 0 })
    await user.program().tasks.create({ id, title: 'Buy milk' })
    expect(await complete()).toMatchObject({ completed: true })
    expect(await stateOf(user)).toMatchObject({ tasks: 1, keys: 1 })
  })

  it('leaves its key for another call', async () => {
    await expect(user.program(key).tasks.complete({ id: randomUUID() })).rejects.toThrow()
    expect(await user.program(key).tasks.create({ title: 'Buy milk' })).toMatchObject({ version: 1 })
  })

  it('as a whole batch keeps nothing of it', async () => {
    const operations = [
      { op: 'create' as const, input: { title: 'Buy milk' } },
      { op: 'complete' as const, input: { id: randomUUID() } },
    ]
    const call = user.program(key).tasks.batch({ atomic: true, operations })
    await expect(call).rejects.toMatchObject({ reason: 'TASK_NOT_FOUND', details: { index: 1 } })
    expect(await stateOf(user)).toMatchObject({ tasks: 0, keys: 0, seq: 0 })
  })
})

it('waits for the turn of its owner before it takes a connection, as an atomic batch does, and nothing else', async () => {
  const taken: string[] = []
  const take: Turns['take'] = (name, work) => {
    taken.push(name)
    return work(false)
  }
  const dependencies = { ...backend.dependencies, ownerTurns: { take } }
  const operations = [{ op: 'create' as const, input: { title: 'Buy milk' } }]
  const program = (idempotencyKey?: string) => user.program(idempotencyKey, dependencies).tasks
  await program(randomUUID()).create({ title: 'Buy milk' })
  await program().batch({ atomic: true, operations })
  await program(randomUUID()).batch({ atomic: true, operations })
  expect(taken).toEqual([user.id, user.id, user.id])
  await program().create({ title: 'Buy milk' })
  await program().batch({ atomic: false, operations })
  expect(taken).toHaveLength(3)
})
