import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { badInput, calledWith, type Prepare, type Prepared, type Refused, type Table } from './case.ts'
import type { Person } from './crowd.ts'
import type { Scene } from './scene.ts'

export const milk = {
  title: 'Buy milk',
  description: 'Two litres',
  priority: 'high' as const,
  dueDate: '2026-12-24',
  tags: ['home', 'food'],
}

interface TaskOwner {
  by: Person
  own: ReturnType<Scene['as']>
  id: string
}

/** Somebody who has a task. */
export async function taskOwner(scene: Scene): Promise<TaskOwner> {
  const by = await scene.person()
  const own = scene.as(by)
  const { id } = await own.tasks.create(milk)
  return { by, own, id }
}

const ownTask =
  (input: object, answer: object = {}): Prepare =>
  async (scene) => {
    const { by, id } = await taskOwner(scene)
    return { by, input: { id, ...input }, answer: { id, userId: by.id, ...answer } }
  }

const foreignTask =
  (input: object): Prepare =>
  async (scene) => ({ by: await scene.bystander(), input: { id: (await taskOwner(scene)).id, ...input } })

async function trashOwner(scene: Scene) {
  const { by, own, id } = await taskOwner(scene)
  await own.tasks.delete({ id })
  return { by, own, id }
}

const ownTrash =
  (input: object): Prepare =>
  async (scene) => {
    const { by, id } = await trashOwner(scene)
    return { by, input: { id, ...input } }
  }

/** What all refuse that take the id of a task, with the other fields that they need. */
function refusedById(input: object = {}): Refused[] {
  return [
    badInput('an id that is none', { id: 'milk', ...input }),
    { kind: 'foreign row', reason: 'TASK_NOT_FOUND', prepare: foreignTask(input) },
    { kind: 'absent', reason: 'TASK_NOT_FOUND', prepare: calledWith({ id: randomUUID(), ...input }) },
    {
      ...{ kind: 'refused', what: 'a foreign row where that is told', reason: 'TASK_FORBIDDEN' },
      ...{ on: 'telling', prepare: foreignTask(input) },
    },
  ]
}

/** What all refuse that write one, too. */
function refusedByVersion(input: object = {}): Refused[] {
  const expectedVersion = 7
  return [
    ...refusedById(input),
    badInput('a version that is none', { id: randomUUID(), expectedVersion: 0, ...input }),
    {
      ...{ kind: 'conflict', reason: 'VERSION_CONFLICT' },
      prepare: ownTask({ expectedVersion, ...input }),
    },
  ]
}

const inTrash = (input: object = {}): Refused => ({
  ...{ kind: 'refused', what: 'a task in the trash', reason: 'TASK_NOT_FOUND' },
  prepare: ownTrash(input),
})

async function trashedBefore(scene: Scene): Promise<Prepared> {
  const { by, own, id } = await taskOwner(scene)
  const after = async () =>
    expect(await own.tasks.list({ trashed: true })).toMatchObject({ tasks: [{ id, version: 2 }] })
  return { by, input: { id }, answer: { id, version: 2, deletedAt: expect.any(Date) }, after }
}

async function purgedBefore(scene: Scene): Promise<Prepared> {
  const { by, own, id } = await trashOwner(scene)
  const after = async () => expect(await own.tasks.list({ trashed: true })).toMatchObject({ total: 0 })
  return { by, input: { id }, answer: { id }, after }
}

const twin =
  (changes: object): Prepare =>
  async (scene) => {
    const { by, id } = await taskOwner(scene)
    return { by, input: { id, ...milk, ...changes }, answer: { id, version: 1, ...milk } }
  }

/** A change that has one field of each kind. */
const changes = { title: 'Buy bread', priority: null, dueDate: '2026-12-31', tags: ['Bakery', 'bakery'] }
const changed = { ...changes, tags: ['bakery'] }

export const taskTable: Table = {
  'tasks.create': {
    access: 'signed_in',
    works: async (scene) => ({
      ...{ by: await scene.person(), input: milk },
      answer: { ...milk, completed: false, completedAt: null, version: 1, deletedAt: null },
    }),
    alsoWorks: {
      'again with the same id': twin({}),
      'with nothing but a title': async (scene) => ({
        ...{ by: await scene.person(), input: { title: '雨 \u{1f300}' } },
        answer: { title: '雨 \u{1f300}', description: null, tags: [] },
      }),
    },
    refused: [
      badInput('no title', { dueDate: '2026-12-24' }),
      badInput('a day that is none', { title: 'Buy milk', dueDate: '2026-02-30' }),
      badInput('a text that cannot be stored', { title: 'Buy\0milk' }),
      { kind: 'conflict', reason: 'TASK_ID_TAKEN', prepare: twin({ title: 'Buy bread' }) },
    ],
  },

  'tasks.get': {
    access: 'signed_in',
    works: ownTask({}, milk),
    refused: [...refusedById(), inTrash()],
  },

  'tasks.update': {
    access: 'signed_in',
    works: ownTask(changes, { ...changed, description: milk.description, version: 2 }),
    alsoWorks: { 'where nothing is changed': ownTask({ expectedVersion: 1 }, { version: 1 }) },
    refused: [
      ...refusedByVersion({ title: 'Buy bread' }),
      inTrash({ title: 'Buy bread' }),
      badInput('a tag that is empty', { id: randomUUID(), tags: ['home', ''] }),
    ],
  },

  'tasks.replace': {
    access: 'signed_in',
    works: ownTask(changes, { ...changed, description: null, version: 2 }),
    refused: [
      ...refusedByVersion({ title: 'Buy bread' }),
      inTrash({ title: 'Buy bread' }),
      badInput('no title', { id: randomUUID() }),
    ],
  },

  'tasks.complete': {
    access: 'signed_in',
    works: ownTask({ expectedVersion: 1 }, { completed: true, completedAt: expect.any(Date), version: 2 }),
    refused: [...refusedByVersion(), inTrash()],
  },

  'tasks.reopen': {
    access: 'signed_in',
    works: async (scene) => {
      const { by, own, id } = await taskOwner(scene)
      await own.tasks.complete({ id })
      return { by, input: { id }, answer: { id, completed: false, completedAt: null, version: 3 } }
    },
    refused: [...refusedByVersion(), inTrash()],
  },

  'tasks.delete': {
    access: 'signed_in',
    works: trashedBefore,
    refused: refusedByVersion(),
  },

  'tasks.restore': {
    access: 'signed_in',
    works: async (scene) => {
      const { by, id } = await trashOwner(scene)
      return { by, input: { id }, answer: { id, deletedAt: null, version: 3 } }
    },
    refused: refusedByVersion(),
  },

  'tasks.purge': {
    access: 'signed_in',
    works: purgedBefore,
    refused: [
      ...refusedByVersion(),
      {
        kind: 'conflict',
        what: 'a task out of the trash',
        reason: 'TASK_NOT_IN_TRASH',
        prepare: ownTask({}),
      },
    ],
  },
}
