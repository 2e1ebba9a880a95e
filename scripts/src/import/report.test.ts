import { expect, it } from 'vitest'
import { type MissingRow, missingAsJsonLines } from '../rows/report.ts'
import type { ImportResult } from './import-tasks.ts'
import { checkReportOf, reportOf } from './report.ts'

const nothing: ImportResult = { read: 0, stored: 0, changed: 0, added: 0, missing: [], ignored: new Map() }

const refusedRows = (count: number): MissingRow[] =>
  Array.from({ length: count }, (_, index) => ({
    line: index + 1,
    kind: 'refused',
    reason: 'title: too long',
  }))

it('tells how many rows were read, added, there already and refused', () => {
  const missing: MissingRow[] = [
    { line: 3, kind: 'refused', reason: 'title: too long' },
    { line: 9, kind: 'failed', reason: 'no answer' },
  ]
  const result = { ...nothing, read: 12, stored: 8, added: 5, changed: 2, missing }
  expect(reportOf(result)).toBe(`Rows read      12
Added          5
Already there  5
               2 of them edited or trashed since; left alone
Refused        1
Failed         1
Not in:
  line 3: title: too long
  line 9: failed: no answer`)
})

it('does not claim to know how many are new when it does not', () => {
  const { added: _, ...result } = { ...nothing, read: 3, stored: 3 }
  expect(reportOf(result)).toMatch(/^In {13}3 \(others wrote/m)
  expect(reportOf(result)).not.toMatch(/Added|Already there/)
})

it('names ignored columns in their order, with counts', () => {
  const ignored = new Map([
    ['owner', 7],
    ['at\u001b', 9],
  ])
  expect(reportOf({ ...nothing, ignored })).toContain('Ignored columns: at\\u{1b} (9), owner (7)')
})

it('shows the first fifty rows that are not in, and where the others are', () => {
  const result = { ...nothing, read: 51, missing: refusedRows(51) }
  const report = reportOf(result)
  expect(report.match(/^ {2}line /gm)).toHaveLength(50)
  expect(report).toMatch(/line 50: .*\n {2}and 1 more\. --report <file> writes all of them\.$/)
  expect(reportOf(result, { reportFile: 'all.jsonl' })).toContain('and 1 more. All of them: all.jsonl')
  expect(reportOf({ ...nothing, missing: refusedRows(50) })).not.toContain('more')
})

it('says after how many rows it stopped, why, and what to do', () => {
  expect(reportOf({ ...nothing, read: 400, stop: 'no answer' })).toContain(
    'Stopped after 400 rows: no answer. The rows after them were not sent. Run it again: what is in is not added twice.',
  )
})

it('says of a file that was only checked that nothing was sent', () => {
  const report = checkReportOf({ ...nothing, read: 3, stored: 2, missing: refusedRows(1) })
  expect(report).toBe(`Rows read      3
Could be sent  2
Refused        1
Not in:
  line 1: title: too long
Nothing was sent.`)
})

it('writes one JSON object for each row that is not in', () => {
  const lines = missingAsJsonLines(refusedRows(2))
  expect(lines).toBe(
    '{"line":1,"kind":"refused","reason":"title: too long"}\n{"line":2,"kind":"refused","reason":"title: too long"}\n',
  )
})
