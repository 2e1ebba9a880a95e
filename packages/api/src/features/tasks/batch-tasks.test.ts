import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reasons } from '../../reasons.ts'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { BatchTasks, Task } from './contract.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend
let client: TestUser['client']
let stranger: TestUser['client']

beforeAll(async () => {
  backend = await createTestBackend()
  client = (await backend.signUp()).client
  stranger = (await backend.signUp()).client
})
afterAll(() => backend.close())

type Operation = BatchTasks['operations'][number]

const absentId = '00000000-0000-4000-8000-000000000000'
const run = (atomic: boolean, operations: readonly unknown[]) =>
  client.tasks.batch.mutate({ atomic, operations: operations as Operation[] })
const create = (title = 'Mine') => client.tasks.create.mutate({ title })
const creation = (title: string, more = {}): Operation => ({ op: 'create', input: { title, ...more } })

/** Everything that the caller has, and where the feed stands. */
async function readAll() {
  const { next } = await client.tasks.changes.query()
  const lists = [false, true].map((trashed) => client.tasks.list.query({ trashed, limit: 100 }))
  return { next, lists: await Promise.all(lists) }
}

const modes = [
  ['atomic', true],
  ['not atomic', false],
] as const

describe.each(modes)('a batch that is %s', (_mode, atomic) => {
  it('may be empty', async () => {
    expect(await run(atomic, [])).toEqual({ results: [] })
  })

  it('runs each operation after the ones before it, and answers in their order', async () => {
    const id = crypto.randomUUID()
    const other = await create('Other')
    const { results } = await run(atomic, [
      creation('New', { id, description: 'D' }),
      { op: 'update', input: { id, tags: ['a'], expectedVersion: 1 } },
      { op: 'complete', input: { id, expectedVersion: 2 } },
      { op: 'complete', input: { id: other.id } },
      { op: 'reopen', input: { id } },
      { op: 'replace', input: { id, title: 'Replaced' } },
      { op: 'delete', input: { id } },
      { op: 'restore', input: { id: id.toUpperCase(), expectedVersion: 6 } },
      { op: 'delete', input: { id } },
    ])
    expect(results).toMatchObject([
      { index: 0, ok: true, task: { id, version: 1, title: 'New', description: 'D' } },
      { index: 1, ok: true, task: { id, version: 2, tags: ['a'], description: 'D' } },
      { index: 2, ok: true, task: { id, version: 3, completed: true } },
      { index: 3, ok: true, task: { id: other.id, version: 2, completed: true } },
      { index: 4, ok: true, task: { id, version: 4, completedAt: null } },
      { index: 5, ok: true, task: { id, version: 5, title: 'Replaced', description: null, tags: [] } },
      { index: 6, ok: true, task: { id, version: 6, deletedAt: expect.any(Date) } },
      { index: 7, ok: true, task: { id, version: 7, deletedAt: null } },
      { index: 8, ok: true, task: { id, version: 8, deletedAt: expect.any(Date) } },
    ])
    const trashed = await client.tasks.list.query({ trashed: true, limit: 1, sort: 'updatedAt' })
    expect(results[8]).toEqual({ index: 8, ok: true, task: trashed.tasks[0] })
  })

  it('gives the tasks as single calls would', async () => {
    const input = {
      title: 'Tax',
      description: 'D',
      completed: true,
      priority: 'high',
      tags: ['Home', 'home'],
    }
    const { results } = await run(atomic, [{ op: 'create', input }, creation('Second')])
    for (const result of results) {
      const task = result.ok ? result.task : undefined
      expect(await client.tasks.get.query({ id: task?.id ?? '' })).toStrictEqual(task)
    }
    expect(results[0]).toMatchObject({ task: { ...input, tags: ['home'], completedAt: expect.any(Date) } })
  })

  it('creates one task of an id that it has twice with the same content', async () => {
    const id = crypto.randomUUID()
    const { results } = await run(atomic, [
      creation('Once', { id }),
      creation('Other'),
      creation('Once', { id: id.toUpperCase() }),
    ])
    expect(results[2]).toEqual({ ...results[0], index: 2 })
    expect(results[1]).toMatchObject({ ok: true, task: { title: 'Other' } })
  })

  it('takes 100 operations, and refuses 101 by name', async () => {
    const operations = Array.from({ length: 100 }, (_, index) => creation(`${index}`))
    const { results } = await run(atomic, operations)
    expect(results.map(({ index }) => index)).toEqual([...operations.keys()])
    expect(results.flatMap((result) => (result.ok ? [result.task.title] : []))).toEqual(
      operations.map((_, index) => `${index}`),
    )
    const before = await readAll()
    expect(await refusalOf(run(atomic, [...operations, creation('One more')]))).toMatchObject({
      reason: 'INPUT_INVALID',
      issues: [{ path: ['operations'] }],
    })
    expect(await readAll()).toEqual(before)
  })

  it('refuses a caller who is not signed in', async () => {
    const call = backend.client().tasks.batch.mutate({ atomic, operations: [creation('x')] })
    expect(await refusalOf(call)).toMatchObject({ reason: 'AUTHENTICATION_REQUIRED' })
  })
})

it.each<[string, object, string]>([
  ['no atomic', { operations: [] }, 'atomic'],
  ['an atomic that is a text', { atomic: 'yes', operations: [] }, 'atomic'],
  ['no operations', { atomic: true }, 'operations'],
  ['operations that are no list', { atomic: true, operations: { 0: creation('x') } }, 'operations'],
  ['an unknown field', { atomic: true, operations: [], ops: [] }, 'ops'],
])('refuses %s, by name', async (_what, input, name) => {
  expect(await refusalOf(client.tasks.batch.mutate(input as BatchTasks))).toMatchObject({
    httpStatus: 400,
    reason: 'INPUT_INVALID',
    issues: [{ path: [name] }],
  })
})

/** What no batch runs, and where it is wrong. */
const malformed: [string, unknown, (string | number)[]][] = [
  ['null', null, []],
  ['undefined', undefined, []],
  ['a number', 7, []],
  ['a text', 'create', []],
  ['a list', [creation('x')], []],
  ['an empty object', {}, ['op']],
  ['an unknown operation', { op: 'purge', input: { id: absentId } }, ['op']],
  ['a name of every object', { op: 'constructor', input: {} }, ['op']],
  ['no input', { op: 'create' }, ['input']],
  ['an input that is null', { op: 'complete', input: null }, ['input']],
  ['an unknown key', { op: 'create', input: { title: 'x' }, id: absentId }, ['id']],
  ['an unknown field', { op: 'create', input: { title: 'x', colour: 'red' } }, ['input', 'colour']],
  ['an owner', { op: 'update', input: { id: absentId, userId: absentId } }, ['input', 'userId']],
  ['no title', { op: 'replace', input: { id: absentId } }, ['input', 'title']],
  ['an empty tag', { op: 'create', input: { title: 'x', tags: ['a', ''] } }, ['input', 'tags', 1]],
  ['an id that is none', { op: 'delete', input: { id: '1' } }, ['input', 'id']],
  ['version 0', { op: 'restore', input: { id: absentId, expectedVersion: 0 } }, ['input', 'expectedVersion']],
]

/** What is well-formed and refused: with what, and whether the task is told. */
interface Refused {
  what: string
  reason: keyof typeof reasons
  make: () => Promise<{ operation: Operation; task?: Task }>
}

const refused: Refused[] = [
  {
    what: 'an absent task',
    reason: 'TASK_NOT_FOUND',
    make: async () => ({ operation: { op: 'complete', input: { id: absentId } } }),
  },
  {
    what: "another user's task",
    reason: 'TASK_NOT_FOUND',
    make: async () => {
      const { id } = await stranger.tasks.create.mutate({ title: 'Theirs' })
      return { operation: { op: 'delete', input: { id } } }
    },
  },
  {
    what: 'a task in the trash',
    reason: 'TASK_NOT_FOUND',
    make: async () => {
      const { id } = await create()
      await client.tasks.delete.mutate({ id })
      return { operation: { op: 'update', input: { id, title: 'New' } } }
    },
  },
  {
    what: 'another version',
    reason: 'VERSION_CONFLICT',
    make: async () => {
      const task = await create()
      return { operation: { op: 'update', input: { id: task.id, title: 'New', expectedVersion: 9 } }, task }
    },
  },
  {
    what: 'a version that no task can have',
    reason: 'VERSION_CONFLICT',
    make: async () => {
      const task = await create()
      return { operation: { op: 'delete', input: { id: task.id, expectedVersion: 2 ** 40 } }, task }
    },
  },
  {
    what: 'an id that is taken',
    reason: 'TASK_ID_TAKEN',
    make: async () => {
      const task = await create()
      return { operation: creation('Other', { id: task.id }), task }
    },
  },
]

describe('an atomic batch', () => {
  it.each(malformed)(
    'with %s as an operation does nothing, and says which and why',
    async (_what, item, path) => {
      const before = await readAll()
      const data = await refusalOf(run(true, [creation('First'), item, creation('Last')]))
      expect(data).toMatchObject({ httpStatus: 400, reason: 'INPUT_INVALID', index: 1, path: 'tasks.batch' })
      expect(data.issues?.map((issue) => issue.path)).toContainEqual(['operations', 1, ...path])
      expect(await readAll()).toEqual(before)
    },
  )

  it.each(refused)('with $what does nothing, and says which and why', async ({ reason, make }) => {
    const { operation, task } = await make()
    const own = await create()
    const before = await readAll()
    for (const [index, first] of [
      creation('First'),
      { op: 'complete', input: { id: own.id } } as const,
      { op: 'delete', input: { id: own.id } } as const,
    ].entries()) {
      const ahead = Array.from({ length: index }, () => first)
      const data = await refusalOf(run(true, [...ahead, operation, creation('Last')]))
      expect(data).toMatchObject({ reason, index, httpStatus: reason === 'TASK_NOT_FOUND' ? 404 : 409 })
      expect(data.task).toStrictEqual(task)
      expect(await readAll()).toEqual(before)
    }
  })

  it.each([0, 1, 50, 99])('whose operation %i fails leaves nothing of the other 99', async (index) => {
    const taken = await create('Taken')
    const before = await readAll()
    const operations = Array.from({ length: 100 }, (_, each) =>
      each === index ? creation('Other', { id: taken.id }) : creation(`${each}`),
    )
    const data = await refusalOf(run(true, operations))
    expect(data).toMatchObject({ reason: 'TASK_ID_TAKEN', index, task: taken })
    expect(await readAll()).toEqual(before)
  })

  it('refuses an id that it has twice with different content, and names the second', async () => {
    const id = crypto.randomUUID()
    const before = await readAll()
    const data = await refusalOf(run(true, [creation('One', { id }), creation('Two', { id })]))
    expect(data).toMatchObject({ reason: 'TASK_ID_TAKEN', index: 1 })
    expect(await readAll()).toEqual(before)
  })
})

describe('a batch that is not atomic', () => {
  it('answers each malformed operation by itself, and runs the others', async () => {
    const items = malformed.map(([, item]) => item)
    const { results } = await run(false, [creation('First'), ...items, creation('Last')])
    expect(results).toHaveLength(malformed.length + 2)
    expect(results.at(0)).toMatchObject({ index: 0, ok: true, task: { title: 'First' } })
    expect(results.at(-1)).toMatchObject({ index: malformed.length + 1, ok: true, task: { title: 'Last' } })
    for (const [at, [, , path]] of malformed.entries()) {
      const result = results[at + 1]
      expect(result).toMatchObject({ index: at + 1, ok: false, reason: 'INPUT_INVALID' })
      if (result?.ok === false) expect(result.issues?.map((issue) => issue.path)).toContainEqual(path)
      expect(result).not.toHaveProperty('task')
    }
  })

  it.each(refused)('answers $what by itself, and runs the others', async ({ reason, make }) => {
    const { operation, task } = await make()
    const own = await create()
    const { results } = await run(false, [
      creation('First'),
      operation,
      { op: 'complete', input: { id: own.id } },
      operation,
      creation('Last'),
    ])
    const failure = { ok: false, reason, message: reasons[reason].message, ...(task && { task }) }
    expect(results).toMatchObject([
      { index: 0, ok: true, task: { title: 'First' } },
      { index: 1 },
      { index: 2, ok: true, task: { id: own.id, completed: true, version: 2 } },
      { index: 3 },
      { index: 4, ok: true, task: { title: 'Last' } },
    ])
    expect([results[1], results[3]]).toStrictEqual([
      { index: 1, ...failure },
      { index: 3, ...failure },
    ])
    const titles = (await client.tasks.list.query({ limit: 2 })).tasks.map(({ title }) => title)
    expect(new Set(titles)).toEqual(new Set(['First', 'Last']))
  })

  it('tells an id that it has twice with different content of the first', async () => {
    const id = crypto.randomUUID()
    const { results } = await run(false, [creation('One', { id }), creation('Two', { id })])
    const task = await client.tasks.get.query({ id })
    expect(task).toMatchObject({ title: 'One', version: 1 })
    expect(results).toMatchObject([
      { ok: true, task },
      { ok: false, reason: 'TASK_ID_TAKEN', task },
    ])
  })

  it('finds nothing of a task whose creation was refused', async () => {
    const id = crypto.randomUUID()
    const { results } = await run(false, [
      creation('', { id }),
      { op: 'update', input: { id, title: 'x' } },
      creation('Now', { id }),
      { op: 'complete', input: { id } },
    ])
    expect(results).toMatchObject([
      { ok: false, reason: 'INPUT_INVALID', issues: [{ path: ['input', 'title'] }] },
      { ok: false, reason: 'TASK_NOT_FOUND' },
      { ok: true },
      { ok: true, task: { title: 'Now', completed: true, version: 2 } },
    ])
  })
})
