import { expect, it } from 'vitest'
import { collect, piecesOf } from '../fixtures/bytes.ts'
import { taskShape } from '../import/task-row.ts'
import { formatOf, readRows } from './read-rows.ts'

it('keeps what was read before a file breaks off, and says where', async () => {
  async function* broken() {
    yield* piecesOf('{"title":"a"}\n{"title":"b"}\n')
    throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
  }
  const rows = await collect(readRows(broken(), { format: 'jsonl', shape: taskShape }))
  expect(rows).toMatchObject([
    { line: 1 },
    { line: 2 },
    { line: 3, problem: 'reading broke off. Nothing from here on was read (EIO: i/o error)' },
  ])
})

it.each([
  ['tasks.jsonl', 'jsonl'],
  ['TASKS.NDJSON', 'jsonl'],
  ['a.b.csv', 'csv'],
  ['tasks.json', undefined],
  ['csv', undefined],
  ['-', undefined],
])('tells by the name of %s that it is %s', (file, format) => {
  expect(formatOf(file)).toBe(format)
})
