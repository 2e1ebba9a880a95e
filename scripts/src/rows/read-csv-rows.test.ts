import { expect, it } from 'vitest'
import { collect, piecesOf } from '../fixtures/bytes.ts'
import { taskShape } from '../import/task-row.ts'
import { CommandError } from '../problems.ts'
import { readCsvRows } from './read-csv-rows.ts'

const read = (content: string | Uint8Array, size?: number) =>
  collect(readCsvRows(piecesOf(content, size), taskShape))

it('reads every known column, in the order of the first row', async () => {
  const content = 'tags,due_date,priority,completed,description,title\n"a,b;c",2026-01-02,low,true,d,t\n'
  expect(await read(content)).toEqual([
    {
      line: 2,
      fields: {
        title: 't',
        description: 'd',
        completed: true,
        priority: 'low',
        dueDate: '2026-01-02',
        tags: ['a', 'b', 'c'],
      },
      ignored: [],
    },
  ])
})

it.each([1, 2, 3, 7, 64 * 1024])(
  'gives texts as they were written, cut into pieces of %i bytes',
  async (size) => {
    const title = ' \t a "quoted", \r\n\u2028\uFEFF\u{1F9D1}\u200D\u{1F680} e\u0301 é  '
    const quoted = `"${title.replaceAll('"', '""')}"`
    const rows = await read(`\uFEFFtitle,description\r\n${quoted}, ${'x'}\t\r\n${quoted},\r\n`, size)
    expect(rows).toEqual([
      { line: 2, fields: { title, description: ' x\t' }, ignored: [] },
      { line: 4, fields: { title }, ignored: [] },
    ])
  },
)

it.each(['\n', '\r\n'])(
  'tells the line that a row begins on, with %j in cells and blank lines',
  async (newline) => {
    const lines = ['title,description', 'a,"1', '2', '', '3"', '', 'b,', '"c', '",x', 'd,y']
    const rows = await read(lines.join(newline))
    expect(rows.map(({ line }) => line)).toEqual([2, 7, 8, 10])
  },
)

it('leaves a byte order mark alone that does not begin the file', async () => {
  expect(await read('\uFEFFtitle,description\n\uFEFFa,\uFEFF\n')).toEqual([
    { line: 2, fields: { title: '\uFEFFa', description: '\uFEFF' }, ignored: [] },
  ])
})

it('takes an empty cell as absent and names other columns that have a value', async () => {
  expect(await read('title,owner,description,,tags\na,x,,,;\nb,,"",,\n')).toEqual([
    { line: 2, fields: { title: 'a', tags: [] }, ignored: ['owner'] },
    { line: 3, fields: { title: 'b' }, ignored: [] },
  ])
})

it.each([
  ['a,yes', 'completed: must be true or false'],
  ['a', 'has 1 cells, but the first row has 2'],
  ['a,true,b', 'has 3 cells, but the first row has 2'],
])('says what is wrong with the row %j and reads on', async (row, problem) => {
  expect(await read(`title,completed\n${row}\nnext,FALSE\n`)).toEqual([
    { line: 2, problem },
    { line: 3, fields: { title: 'next', completed: false }, ignored: [] },
  ])
})

it('refuses bytes that are not UTF-8 instead of replacing them', async () => {
  const content = Buffer.concat([Buffer.from('title\ncaf'), Buffer.of(0xe9), Buffer.from('\nb\n')])
  expect(await read(content)).toEqual([
    { line: 2, problem: 'title: not valid UTF-8. Save the file as UTF-8' },
    { line: 3, fields: { title: 'b' }, ignored: [] },
  ])
})

it.each([
  ['a quote in the middle of a cell', 'c"d,x\n'],
  ['something after a closing quote', '"c"d,x\n'],
  ['a quote that is never closed', '"c,x\n'],
])('stops at %s: every row before it is read, and nothing after it is made up', async (_, broken) => {
  for (const size of [3, 64 * 1024]) {
    const rows = await read(`title,description\r\na,"1\r\n2"\r\nb,\r\n${broken}e,f\n"g",h\n`, size)
    expect(rows).toEqual([
      { line: 2, fields: { title: 'a', description: '1\r\n2' }, ignored: [] },
      { line: 4, fields: { title: 'b' }, ignored: [] },
      { line: 5, problem: expect.stringMatching(/^misplaced quote. Nothing from here on was read/) },
    ])
  }
})

it('stops at a misplaced quote in the first row', async () => {
  expect(await read('title,"a"b\nc,d\n')).toEqual([{ line: 1, problem: expect.stringMatching(/^misplaced/) }])
})

it.each([
  ['without a title', 'Title,description\n'],
  ['with a title twice', 'title,title\n'],
  ['with a due date under both names', 'title,dueDate,due_date\n'],
  ['separated by semicolons', 'title;description\n'],
])('refuses a first row %s', async (_, content) => {
  await expect(read(content)).rejects.toThrow(CommandError)
})

it.each(['', '\uFEFF', 'title,description\n', 'title'])('gives no row for a file of %j', async (content) => {
  expect(await read(content)).toEqual([])
})
