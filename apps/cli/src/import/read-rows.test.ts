import { describe, expect, it } from 'vitest'
import { UsageError } from '../problems.ts'
import { chooseFormat, type Format, readRows } from './read-rows.ts'
import type { Row } from './row.ts'

/** In pieces that end anywhere. */
async function* piecesOf(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content)
  for (let start = 0; start < bytes.length; start += 3) yield bytes.subarray(start, start + 3)
}

async function read(format: Format, content: string | Uint8Array) {
  const rows: [number, unknown][] = []
  for await (const { line, content: found } of readRows(piecesOf(content), format))
    rows.push([line, 'problem' in found ? found.problem : found.fields])
  return rows
}

const hostile = '  \t a\r\n\u2028\uFEFF\u{1F680} e\u0301 "" ,;\u0001 '

describe('JSON lines', () => {
  it('give each row with its line, its values as they are written', async () => {
    const lines = `\uFEFF{"title":${JSON.stringify(hostile)},"due_date":"2026-12-24","owner":1}\r\n\n{"title":"b","tags":["x"]}`
    expect(await read('jsonl', lines)).toEqual([
      [1, { title: hostile, dueDate: '2026-12-24' }],
      [3, { title: 'b', tags: ['x'] }],
    ])
  })

  it('say of each row that cannot be read why, and go on', async () => {
    const lines = Buffer.concat([
      Buffer.from('{"title":\n[1]\n{"title":5}\n{"dueDate":"a","due_date":"b"}\n{"title":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n{"title":"ok","description":null}'),
    ])
    const rows = await read('jsonl', lines)
    expect(rows.map(([line]) => line)).toEqual([1, 2, 3, 4, 5, 6])
    expect(rows.map(([, found]) => found)).toEqual([
      expect.stringMatching(/^not valid JSON: /),
      'not a JSON object, such as {"title": "…"}',
      'title: must be text',
      'dueDate: given twice',
      'not valid UTF-8. Save the file as UTF-8',
      { title: 'ok' },
    ])
  })
})

describe('a JSON array', () => {
  it('gives its values by their number', async () => {
    expect(await read('json', '[{"title":"a"}, 7]')).toEqual([
      [1, { title: 'a' }],
      [2, 'not a JSON object, such as {"title": "…"}'],
    ])
  })

  it.each(['{}', '[', ''])('is refused whole when it is %j', async (content) => {
    await expect(read('json', content)).rejects.toThrow(/^The file is not/)
  })
})

describe('CSV', () => {
  it('gives rows by the names of the first, with the line on which each begins', async () => {
    const cell = `"${hostile.replaceAll('"', '""')}"`
    const content = `\uFEFF"title",completed,tags,other\r\n${cell},TRUE,a;b,x\r\n\r\nb,,,\r\n"c\r\nd",false,"[""e,f""]",\r\ne,,,\r\n`
    expect(await read('csv', content)).toEqual([
      [2, { title: hostile, completed: true, tags: ['a', 'b'] }],
      [5, { title: 'b' }],
      [6, { title: 'c\r\nd', completed: false, tags: ['e,f'] }],
      [8, { title: 'e' }],
    ])
  })

  it('says of a row that does not fit why, and goes on', async () => {
    expect(await read('csv', 'title,completed\na\nb,perhaps\nc,true\n')).toEqual([
      [2, 'has 1 cells, but the first row has 2'],
      [3, 'completed: must be true or false'],
      [4, { title: 'c', completed: true }],
    ])
  })

  it('reads nothing behind a misplaced quote, and says so', async () => {
    const rows = await read('csv', 'title\na\nb"c\nd\n')
    expect(rows).toEqual([
      [2, { title: 'a' }],
      [3, expect.stringMatching(/^misplaced quote. Nothing from here on was read/)],
    ])
  })

  it('is refused without a title among the names', async () => {
    await expect(read('csv', 'name\na\n')).rejects.toThrow('"title" among them. It is: name')
  })
})

it.each(['jsonl', 'csv'] as const)('says where a source of %s broke off', async (format) => {
  async function* broken() {
    yield Buffer.from(format === 'csv' ? 'title\na\n' : '{"title":"a"}\n')
    throw new Error('gone')
  }
  const rows: Row[] = []
  for await (const row of readRows(broken(), format)) rows.push(row)
  expect(rows.at(-1)?.content).toEqual({
    problem: 'reading broke off. Nothing from here on was read (gone)',
  })
})

it('tells the format by the name, or has to be told', () => {
  expect(['a.jsonl', 'a.NDJSON', 'a.json', 'b/a.csv'].map((file) => chooseFormat(file, undefined))).toEqual([
    'jsonl',
    'jsonl',
    'json',
    'csv',
  ])
  expect(chooseFormat('-', 'csv')).toBe('csv')
  expect(() => chooseFormat('-', undefined)).toThrow(UsageError)
})
