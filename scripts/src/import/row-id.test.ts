import { expect, it } from 'vitest'
import { contentOf, createRowIds } from './row-id.ts'

const row = {
  title: 't',
  description: 'd',
  completed: true,
  priority: 'low',
  dueDate: '2026-01-02',
  tags: ['a', 'b'],
}

it('gives the same ids for the same rows in every run, or an import would add them again', () => {
  const idOf = createRowIds()
  expect([idOf(contentOf({ title: 'a' })), idOf(contentOf({ title: 'a' })), idOf(contentOf(row))]).toEqual([
    '473428f7-5df0-5079-8a33-da1e121e5cdd',
    'b7099b07-a9fa-54c2-84de-04402654c2e8',
    'bf3e20cf-55ce-50a2-9906-fc36f42aa2c6',
  ])
})

it('gives the same id however the fields are ordered', () => {
  const reordered = Object.fromEntries(Object.entries(row).reverse())
  expect(createRowIds()(contentOf(reordered))).toBe(createRowIds()(contentOf(row)))
})

it('gives equal rows different ids, and rows that differ in any field', () => {
  const idOf = createRowIds()
  const variants = [
    row,
    row,
    row,
    { ...row, title: 'u' },
    { ...row, title: 't\ud800' },
    { ...row, title: 't\ufffd' },
    { ...row, title: 't\u0000' },
    { ...row, description: 'e' },
    { ...row, completed: false },
    { ...row, priority: 'high' },
    { ...row, dueDate: '2026-01-03' },
    { ...row, tags: ['b', 'a'] },
    { ...row, tags: ['a,b'] },
    { title: 't' },
    { description: 't' },
  ]
  const ids = variants.map((variant) => idOf(contentOf(variant)))
  expect(new Set(ids).size).toBe(variants.length)
})

it('counts the occurrences of one content apart from all others', () => {
  const together = createRowIds()
  const ids = ['a', 'b', 'a', 'b', 'b'].map(together)
  const apart = createRowIds()
  expect(ids).toEqual([apart('a'), apart('b'), apart('a'), apart('b'), apart('b')])
  const other = createRowIds()
  expect(['b', 'b', 'a', 'b', 'a'].map(other).sort()).toEqual([...ids].sort())
})
