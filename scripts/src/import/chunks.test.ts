import { expect, it } from 'vitest'
import { collect } from '../fixtures/bytes.ts'
import { chunksOf } from './chunks.ts'
import type { TaskRow } from './task-row.ts'

const bodyLimitBytes = 1024 * 1024

async function chunks(rows: TaskRow[]) {
  async function* source() {
    yield* rows
  }
  return await collect(chunksOf(source()))
}

const rowWith = (line: number, description: string): TaskRow => ({
  line,
  fields: { title: `row ${line}`, description },
  ignored: [],
})

it('puts no more rows together than the server takes in one batch, and leaves none out', async () => {
  const rows = Array.from({ length: 250 }, (_, index) => rowWith(index + 1, ''))
  const parts = await chunks(rows)
  expect(parts.map((part) => part.rows.length)).toEqual([100, 100, 50])
  expect(parts.flatMap((part) => part.rows.map(({ line }) => line))).toEqual(rows.map(({ line }) => line))
})

it.each([
  ['ASCII', 'x'],
  ['of four bytes each', '\u{1F680}'],
  ['that JSON writes with six characters each', '\u0001'],
])(
  'keeps two chunks together below the limit of the server with 16 000 characters %s',
  async (_, character) => {
    const description = character.repeat(16_000)
    const rows = Array.from({ length: 100 }, (_, index) => rowWith(index + 1, description))
    const parts = await chunks(rows)
    const totalBytes = parts.flatMap((part) => part.rows).reduce((sum, { bytes }) => sum + bytes, 0)
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.length).toBeLessThan(totalBytes / (0.35 * bodyLimitBytes) + 1)
    expect(parts.flatMap((part) => part.rows)).toHaveLength(100)
    for (const part of parts) {
      const calls = part.rows.map(({ id, fields }) => ({ json: { ...fields, id } }))
      expect(Buffer.byteLength(JSON.stringify({ ...calls }))).toBeLessThan(0.5 * bodyLimitBytes)
    }
  },
)

it('sends a row alone that no request can hold, for the server to refuse it', async () => {
  const parts = await chunks([rowWith(1, 'a'), rowWith(2, 'x'.repeat(bodyLimitBytes)), rowWith(3, 'c')])
  expect(parts.map((part) => part.rows.map(({ line }) => line))).toEqual([[1], [2], [3]])
})

it('keeps what cannot be sent, also when nothing else is left', async () => {
  const problem = { line: 2, problem: 'p' }
  const [chunk, ...others] = await chunks([rowWith(1, ''), problem])
  expect([chunk?.rows.length, chunk?.unreadable, others]).toEqual([1, [problem], []])
  expect(await chunks([problem])).toEqual([{ rows: [], unreadable: [problem] }])
})
