import { expect, it } from 'vitest'
import { tableOf } from './table.ts'

it('puts texts to the left, numbers to the right and instants in UTC', () => {
  const rows = [
    ['short', 7, new Date(0)],
    ['a longer text', 1234, new Date(1)],
  ]
  expect(tableOf(['name', 'count', 'at'], rows)).toBe(
    [
      '  name           count  at',
      '  short              7  1970-01-01T00:00:00.000Z',
      '  a longer text   1234  1970-01-01T00:00:00.001Z',
    ].join('\n'),
  )
})

it('says that there is nothing', () => {
  expect(tableOf(['name'], [])).toBe('  none')
})
