import { expect, it } from 'vitest'
import { collect, piecesOf } from '../fixtures/bytes.ts'
import { taskShape } from '../import/task-row.ts'
import { readJsonRows } from './read-json-rows.ts'

const read = (content: string | Uint8Array, size?: number) =>
  collect(readJsonRows(piecesOf(content, size), taskShape))

it('reads every known column, under both names of the due date', async () => {
  const row = { title: 't', description: 'd', completed: true, priority: 'low', tags: ['a'] }
  expect(await read(`${JSON.stringify({ ...row, dueDate: '2026-01-02' })}\n`)).toEqual([
    { line: 1, fields: { ...row, dueDate: '2026-01-02' }, ignored: [] },
  ])
  expect(await read(JSON.stringify({ ...row, due_date: '2026-01-02' }))).toEqual([
    { line: 1, fields: { ...row, dueDate: '2026-01-02' }, ignored: [] },
  ])
})

it.each([1, 2, 3, 7, 64 * 1024])(
  'gives texts as they were written, cut into pieces of %i bytes',
  async (size) => {
    const title = ' \t a\u0000\r\n\u2028\uFEFF\u{1F9D1}\u200D\u{1F680} e\u0301 \u202Eabc  '
    const rows = await read(`${JSON.stringify({ title })}\n${JSON.stringify({ title: `${title}2` })}\n`, size)
    expect(rows).toEqual([
      { line: 1, fields: { title }, ignored: [] },
      { line: 2, fields: { title: `${title}2` }, ignored: [] },
    ])
  },
)

it('counts blank lines and skips them, and takes CRLF and a byte order mark', async () => {
  expect(await read('\uFEFF{"title":"a"}\r\n\r\n \t\n{"title":"b"}\r\n')).toEqual([
    { line: 1, fields: { title: 'a' }, ignored: [] },
    { line: 4, fields: { title: 'b' }, ignored: [] },
  ])
})

it.each(['', '\uFEFF', '\n\n', '\r\n'])('gives no row for a file of %j', async (content) => {
  expect(await read(content)).toEqual([])
})

it('takes null as absent and names the columns that a task has no field for', async () => {
  const [row] = await read(
    '{"title":"a","description":null,"owner":"x","created_at":null,"__proto__":{"x":1},"constructor":"y"}',
  )
  expect(row).toEqual({ line: 1, fields: { title: 'a' }, ignored: ['owner', '__proto__', 'constructor'] })
})

it.each([
  ['{"title":', /^not valid JSON: /],
  ['[]', /^not a JSON object/],
  ['"a"', /^not a JSON object/],
  ['null', /^not a JSON object/],
  ['\uFEFF{}', /^not valid JSON: /],
  ['{"title":5}', /^title: must be text$/],
  ['{"title":{"__proto__":1}}', /^title: must be text$/],
  ['{"title":"a","description":["b"]}', /^description: must be text$/],
  ['{"title":"a","completed":"true"}', /^completed: must be true or false$/],
  ['{"title":"a","completed":0}', /^completed: must be true or false$/],
  ['{"title":"a","priority":1}', /^priority: must be text$/],
  ['{"title":"a","due_date":20260102}', /^due_date: must be text$/],
  ['{"title":"a","tags":"b"}', /^tags: must be a list of texts$/],
  ['{"title":"a","tags":["b",1]}', /^tags: must be a list of texts$/],
  ['{"title":"a","dueDate":"2026-01-02","due_date":"2026-01-03"}', /^dueDate: given twice$/],
])('says what is wrong with the line %s and reads on', async (line, problem) => {
  expect(await read(`\n${line}\n{"title":"next"}`)).toEqual([
    { line: 2, problem: expect.stringMatching(problem) },
    { line: 3, fields: { title: 'next' }, ignored: [] },
  ])
})

it('reads a file of one byte', async () => {
  expect(await read('5')).toMatchObject([{ line: 1, problem: expect.stringMatching(/^not a JSON object/) }])
})

it('refuses bytes that are not UTF-8 instead of replacing them', async () => {
  const content = Buffer.concat([
    Buffer.from('{"title":"caf'),
    Buffer.of(0xe9),
    Buffer.from('"}\n{"title":"b"}'),
  ])
  expect(await read(content)).toEqual([
    { line: 1, problem: 'not valid UTF-8. Save the file as UTF-8' },
    { line: 2, fields: { title: 'b' }, ignored: [] },
  ])
})
