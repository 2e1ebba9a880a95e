import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { badInput, calledWith, type Prepare, type Refused, type Table } from './case.ts'
import { milk, taskOwner } from './task-cases.ts'

/** One operation, all or nothing. */
const atomically = (op: string, input: object) => ({ atomic: true, operations: [{ op, input }] })

const onOwnTask =
  (op: string, changes: object): Prepare =>
  async (scene) => {
    const { by, id } = await taskOwner(scene)
    return { by, input: atomically(op, { id, ...changes }) }
  }

const onForeignTask: Prepare = async (scene) => ({
  by: await scene.bystander(),
  input: atomically('complete', { id: (await taskOwner(scene)).id }),
})

const refused: Refused[] = [
  badInput('no operations', { atomic: true }),
  badInput('too many operations', {
    ...{ atomic: false, operations: Array(101).fill({ op: 'create', input: milk }) },
  }),
  badInput('one malformed operation of all', atomically('create', { ...milk, dueDate: 'soon' })),
  { kind: 'foreign row', reason: 'TASK_NOT_FOUND', prepare: onForeignTask },
  {
    ...{ kind: 'refused', what: 'a foreign row where that is told', reason: 'TASK_FORBIDDEN' },
    ...{ on: 'telling', prepare: onForeignTask },
  },
  {
    ...{ kind: 'absent', reason: 'TASK_NOT_FOUND' },
    prepare: calledWith(atomically('complete', { id: randomUUID() })),
  },
  {
    ...{ kind: 'conflict', what: 'another version', reason: 'VERSION_CONFLICT' },
    prepare: onOwnTask('update', { title: 'Buy bread', expectedVersion: 7 }),
  },
  {
    ...{ kind: 'conflict', what: 'a taken id', reason: 'TASK_ID_TAKEN' },
    prepare: onOwnTask('create', { title: 'Buy bread' }),
  },
]

export const batchTable: Table = {
  'tasks.batch': {
    access: 'signed_in',
    works: async (scene) => {
      const { by, id } = await taskOwner(scene)
      const operations = [
        { op: 'create', input: milk },
        { op: 'update', input: { id, dueDate: null } },
        { op: 'complete', input: { id } },
      ]
      const results = [
        { index: 0, ok: true, task: milk },
        { index: 1, ok: true, task: { id, dueDate: null, version: 2 } },
        { index: 2, ok: true, task: { id, completed: true, version: 3 } },
      ]
      return { by, input: { atomic: true, operations }, answer: { results } }
    },
    alsoWorks: {
      'where each operation fails in its own way': async (scene) => {
        const { by, id } = await taskOwner(scene)
        const operations = [
          { op: 'create', input: { title: '' } },
          { op: 'complete', input: { id: (await taskOwner(scene)).id } },
          { op: 'update', input: { id, title: 'Buy bread', expectedVersion: 7 } },
          { op: 'create', input: { id, title: 'Buy bread' } },
          { op: 'delete', input: { id } },
        ]
        const results = [
          { ok: false, reason: 'INPUT_INVALID', issues: [{ path: ['input', 'title'] }] },
          { ok: false, reason: 'TASK_NOT_FOUND' },
          { ok: false, reason: 'VERSION_CONFLICT', task: { id, ...milk } },
          { ok: false, reason: 'TASK_ID_TAKEN', task: { id, ...milk } },
          { ok: true, task: { id, version: 2, deletedAt: expect.any(Date) } },
        ]
        return { by, input: { atomic: false, operations }, answer: { results } }
      },
    },
    refused,
  },
}
