import { expect, it } from 'vitest'
import { render } from './spans.ts'
import { layOut, type Table } from './table.ts'
import { shorten, widthOf } from './text-width.ts'

const table: Table = {
  columns: [
    { name: 'ID' },
    { name: 'TITLE', widthMin: 8 },
    { name: 'N', isNumber: true },
    { name: 'TAGS', isOptional: true },
  ],
  rows: [
    { cells: ['1', 'Buy milk and eggs', '7', '#home'] },
    {
      cells: [{ text: '22', style: 'cyan' }, '牛乳を買う', '12', ''],
      below: ['below ', { text: 'and further', style: 'bold' }],
    },
  ],
}

const linesAt = (width: number | undefined) =>
  layOut(table, width).map((spans) => render(spans, false).trimEnd())

it('aligns columns by what is seen, wide characters too', () => {
  expect(linesAt(undefined)).toEqual([
    'ID  TITLE               N  TAGS',
    '1   Buy milk and eggs   7  #home',
    '22  牛乳を買う         12',
    '    below and further',
  ])
})

it('shortens what can be shortened, and leaves out what can be left out, to fit the terminal', () => {
  expect(linesAt(28)[1]).toBe('1   Buy milk and…   7  #home')
  expect(linesAt(20).slice(0, 2)).toEqual(['ID  TITLE          N', '1   Buy milk an…   7'])
  for (const width of [80, 31, 28, 24, 20, 16])
    for (const line of linesAt(width)) expect(widthOf(line)).toBeLessThanOrEqual(width)
})

it('ends no line with spaces', () => {
  for (const spans of layOut(table, undefined)) expect(render(spans, false)).toMatch(/\S$/)
})

it('keeps the line below a row within the terminal', () => {
  expect(linesAt(16).at(-1)).toBe('    below and f…')
})

it('cuts no character in two', () => {
  expect(shorten('\u{1F469}\u200D\u{1F680}\u{1F469}\u200D\u{1F680}', 3)).toBe('\u{1F469}\u200D\u{1F680}…')
  expect(shorten('牛乳', 3)).toBe('牛…')
  expect(shorten('abc', 3)).toBe('abc')
})

it('leaves out a column that may be left out and has nothing to show', () => {
  const empty = { ...table, rows: [{ cells: ['1', 'x', '2', ''] }] }
  expect(layOut(empty, undefined).map((spans) => render(spans, false))).toEqual([
    'ID  TITLE  N',
    '1   x      2',
  ])
})
