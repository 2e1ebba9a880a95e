import { expect, it } from 'vitest'
import { readQuickTask } from './quick-words.ts'

/** A Wednesday. */
const today = '2026-06-17'

it.each([
  ['Buy milk', { title: 'Buy milk', tags: [] }],
  [
    'Buy milk #Home #shop !high @tomorrow',
    { title: 'Buy milk', tags: ['home', 'shop'], priority: 'high', dueDate: '2026-06-18' },
  ],
  ['@today Call !urgent Ada', { title: 'Call Ada', tags: [], priority: 'urgent', dueDate: today }],
  ['Report @wed', { title: 'Report', tags: [], dueDate: '2026-06-24' }],
  ['Report @monday', { title: 'Report', tags: [], dueDate: '2026-06-22' }],
  ['Gifts @2026-12-24', { title: 'Gifts', tags: [], dueDate: '2026-12-24' }],
  [
    'Fix #5 for ada@example.com !now @noon @2026-02-30 # !',
    { title: 'Fix #5 for ada@example.com !now @noon @2026-02-30 # !', tags: [] },
  ],
])('reads %j', (line, task) => {
  expect(readQuickTask(line, today)).toEqual(task)
})
