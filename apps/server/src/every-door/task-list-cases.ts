import { expect } from 'vitest'
import { badInput, calledWith, type Prepare, type Refused, type Table } from './case.ts'
import type { Scene } from './scene.ts'
import { taskOwner } from './task-cases.ts'

/** Three tasks, of which one is completed and one is due. */
async function listOwner(scene: Scene) {
  const { by, own, id } = await taskOwner(scene)
  await own.tasks.create({ title: 'Buy bread', completed: true, tags: ['home'] })
  await own.tasks.create({ title: 'Pay rent', dueDate: '2026-12-31', priority: 'urgent' })
  return { by, own, id }
}

const listed =
  (input: object, answer: object): Prepare =>
  async (scene) => ({ by: (await listOwner(scene)).by, input, answer })

/** Each page comes through the door that the case is run at. */
const nextPage: Prepare = async (scene) => {
  const { by } = await listOwner(scene)
  const input = { sort: 'title', order: 'asc', limit: 1 }
  const { nextCursor: cursor } = (await scene.call('tasks.list', input, by)) as { nextCursor: string }
  return { by, input: { ...input, cursor }, answer: { tasks: [{ title: 'Buy milk' }] } }
}

const contradictory = (what: string, input: object): Refused => ({
  ...{ kind: 'refused', reason: 'INPUT_CONTRADICTORY', what, prepare: calledWith(input) },
})

export const taskListTable: Table = {
  'tasks.list': {
    access: 'signed_in',
    works: listed(
      { sort: 'dueDate', order: 'asc', limit: 2, completed: false, includeTotal: true },
      { tasks: [{ dueDate: '2026-12-24' }, { dueDate: '2026-12-31' }], total: 2, limit: 2, offset: 0 },
    ),
    alsoWorks: {
      'with nothing said': async (scene) => ({
        ...{ by: (await listOwner(scene)).by, answer: { total: 3, limit: 20, nextCursor: null } },
      }),
      'from page to page': nextPage,
      'for a search that marks its words': listed(
        { search: 'milk', highlight: true, fields: 'compact', updatedSince: '2026-01-31T12:00:00+01:00' },
        { tasks: [{ snippet: expect.arrayContaining([{ text: 'milk', isMatch: true }]) }], total: 1 },
      ),
      'for what is overdue on a day': listed(
        { overdue: true, today: '2026-12-30', dueAfter: '2026-12-01', tag: 'HOME' },
        { tasks: [{ title: 'Buy milk' }], total: 1 },
      ),
    },
    refused: [
      badInput('a page without room', { limit: 0 }),
      badInput('a day that is none', { dueBefore: '2026-02-30' }),
      badInput('a sort that there is not', { sort: 'mood' }),
      badInput('an instant without an offset', { updatedSince: '2026-01-31T12:00:00' }),
      contradictory('two ways of paging', { cursor: 'any', offset: 3 }),
      contradictory('relevance of nothing', { sort: 'relevance', highlight: true }),
      { kind: 'refused', reason: 'CURSOR_INVALID', prepare: calledWith({ cursor: 'nonsense' }) },
    ],
  },

  'tasks.counts': {
    access: 'signed_in',
    works: listed(
      { today: '2026-12-31' },
      {
        ...{ total: 3, open: 2, completed: 1, overdue: 1, dueToday: 1, trashed: 0 },
        byPriority: { low: 0, medium: 0, high: 1, urgent: 1, none: 0 },
      },
    ),
    refused: [badInput('a day that is none', { today: 'tomorrow' })],
  },

  'tasks.changes': {
    access: 'signed_in',
    works: async (scene) => {
      const { by, own, id } = await listOwner(scene)
      await own.tasks.delete({ id })
      const { next } = await own.tasks.changes()
      const changes = [{ type: 'upsert' }, { type: 'upsert' }, { type: 'delete', id }]
      return { by, input: { since: 0 }, answer: { changes, next, resync: false } }
    },
    alsoWorks: {
      'from where the feed stands': listed({}, { changes: [], resync: false }),
      'for who has to load everything anew': listed({ since: 999 }, { changes: [], resync: true }),
    },
    refused: [
      badInput('a number that none has', { since: -1 }),
      badInput('a page without room', { limit: 0 }),
    ],
  },
}
