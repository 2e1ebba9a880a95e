import { expect, it } from 'vitest'
import { createRowIds } from './row-id.ts'

const row = {
  ...{ title: 't', description: 'd', completed: true, priority: 'low' },
  ...{ dueDate: '2026-01-02', tags: ['a', 'b'] },
}

it('gives the ids that `import-tasks` gives, or a file would be added twice', () => {
  const idOf = createRowIds()
  expect([idOf({ title: 'a' }), idOf({ title: 'a' }), idOf(row)]).toEqual([
    '473428f7-5df0-5079-8a33-da1e121e5cdd',
    'b7099b07-a9fa-54c2-84de-04402654c2e8',
    'bf3e20cf-55ce-50a2-9906-fc36f42aa2c6',
  ])
})

it('leaves a row the id that it brings', () => {
  expect(createRowIds()({ ...row, id: 'x' })).toBe('x')
})
