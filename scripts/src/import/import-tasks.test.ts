import { afterAll, beforeAll, expect, it } from 'vitest'
import { piecesOf } from '../fixtures/bytes.ts'
import { createImportBench, creates, type ImportBench, rowsOf } from '../fixtures/import.ts'
import { readRows } from '../rows/read-rows.ts'
import { taskShape } from './task-row.ts'

const bodyLimitBytes = 1024 * 1024

let bench: ImportBench

beforeAll(async () => {
  bench = await createImportBench()
})
afterAll(() => bench.server.close())

it('adds every row, byte for byte', async () => {
  const account = await bench.newAccount()
  const title =
    '  \t a\r\n\u2028\uFEFF\u{1F9D1}\u200D\u{1F680} e\u0301 é \u202Eabc\u0001 {"json":1} $1 \' \\ \u007F  '
  const full = {
    title,
    description: `${title}\n\n${title}`,
    completed: true,
    priority: 'urgent',
    dueDate: '2028-02-29',
    tags: [' b ', 'a\u{1F680}'],
  }
  const result = await bench.importInto(account, rowsOf([full, { title: 'plain', due_date: '0001-01-01' }]))
  expect(result).toEqual({ read: 2, stored: 2, changed: 0, added: 2, missing: [], ignored: new Map() })

  const tasks = await bench.tasksOf(account)
  expect(tasks.find(({ title }) => title !== 'plain')).toMatchObject(full)
  expect(tasks.find(({ title }) => title === 'plain')).toMatchObject({
    description: null,
    completed: false,
    priority: null,
    dueDate: '0001-01-01',
    tags: [],
  })
})

it('adds nothing the second time, and keeps equal rows apart', async () => {
  const account = await bench.newAccount()
  const rows = Array.from({ length: 230 }, (_, index) => ({ title: `row ${index % 70}`, owner: 'x' }))
  expect(await bench.importInto(account, rowsOf(rows))).toMatchObject({ read: 230, stored: 230, added: 230 })
  const first = await bench.tasksOf(account)
  expect(first).toHaveLength(230)

  expect(await bench.importInto(account, rowsOf(rows))).toMatchObject({
    read: 230,
    stored: 230,
    added: 0,
    changed: 0,
  })
  expect(await bench.tasksOf(account)).toEqual(first)

  const more = [...rows, { title: 'row 0' }, { title: 'new' }]
  expect(await bench.importInto(account, rowsOf(more))).toMatchObject({ read: 232, stored: 232, added: 2 })
})

it('takes rows of CSV and JSON lines with the same content for the same', async () => {
  const account = await bench.newAccount()
  await bench.importInto(
    account,
    rowsOf([{ tags: ['a', 'b'], title: 'x', completed: false, description: null }]),
  )
  const csv = readRows(piecesOf('title,completed,tags\nx,false,a;b\n'), { format: 'csv', shape: taskShape })
  expect(await bench.importInto(account, csv)).toMatchObject({ stored: 1, added: 0 })
})

it('leaves alone what was edited or trashed since', async () => {
  const account = await bench.newAccount()
  const rows = [{ title: 'edited' }, { title: 'trashed' }, { title: 'as it was' }]
  await bench.importInto(account, rowsOf(rows))
  const client = await bench.signedIn(account)
  const idOf = new Map((await bench.tasksOf(account)).map(({ id, title }) => [title, id]))
  await client.tasks.update.mutate({ id: idOf.get('edited') ?? '', title: 'by hand' })
  await client.tasks.delete.mutate({ id: idOf.get('trashed') ?? '' })

  expect(await bench.importInto(account, rowsOf(rows))).toMatchObject({
    stored: 1,
    changed: 2,
    added: 0,
    missing: [],
  })
  expect(await bench.titlesOf(account)).toEqual(['as it was', 'by hand'])
})

it('reports each row that the contract refuses, with its line and field, and adds all others', async () => {
  const account = await bench.newAccount()
  const tooLong = { title: 'x'.repeat(501), description: '\u{1F680}'.repeat(16_001) }
  const rows = [
    { title: 'first' },
    tooLong,
    { description: 'no title' },
    { title: '' },
    { title: 'half a pair \ud800' },
    { title: 'NUL \u0000' },
    { title: 'a', priority: 'highest', dueDate: '2026-02-30', tags: [''] },
    { title: '\u{1F680}'.repeat(500), description: '\u{1F680}'.repeat(16_000) },
    { title: 'x'.repeat(bodyLimitBytes) },
    { title: 'last' },
  ]
  const result = await bench.importInto(account, rowsOf(rows))
  expect(result).toMatchObject({ read: 10, stored: 3, added: 3 })
  expect(result.missing.map(({ line, kind }) => [line, kind])).toEqual(
    [2, 3, 4, 5, 6, 7, 9].map((line) => [line, 'refused']),
  )
  const reasons = result.missing.map(({ reason }) => reason)
  expect(reasons[0]).toBe(
    'title: Must have at most 500 characters; description: Must have at most 16000 characters',
  )
  expect(reasons[1]).toMatch(/^title: /)
  expect(reasons[2]).toBe('title: Must have at least 1 character')
  expect(reasons[3]).toBe('title: Must not contain half of a surrogate pair')
  expect(reasons[4]).toBe('title: Must not contain NUL (U+0000)')
  expect(reasons[5]).toMatch(/^priority: .*; dueDate: .*; tags\.0: /)
  expect(reasons[6]).toBe('The request body is too large. The limit is 1 MiB')
  expect(await bench.titlesOf(account)).toEqual(['first', 'last', '\u{1F680}'.repeat(500)].sort())
})

it('counts unreadable rows and ignored columns', async () => {
  const account = await bench.newAccount()
  const content =
    '{"title":"a","owner":"x","at":1}\nnonsense\n\n{"title":"b","owner":"y"}\n{"title":5,"owner":1}\n'
  const result = await bench.importInto(
    account,
    readRows(piecesOf(content), { format: 'jsonl', shape: taskShape }),
  )
  expect(result).toMatchObject({
    read: 4,
    added: 2,
    missing: [
      { line: 2, kind: 'refused' },
      { line: 5, kind: 'refused' },
    ],
    ignored: new Map([
      ['owner', 2],
      ['at', 1],
    ]),
  })
})

it('adds nothing for an empty file', async () => {
  const account = await bench.newAccount()
  expect(await bench.importInto(account, rowsOf([]))).toMatchObject({
    read: 0,
    stored: 0,
    added: 0,
    missing: [],
  })
})

it('sends long rows in requests that the server takes', async () => {
  const account = await bench.newAccount()
  const sizes: number[] = []
  const measured: typeof fetch = (input, init) => {
    sizes.push(Buffer.byteLength(String(init?.body ?? '')))
    return bench.server.fetch(input, init)
  }
  const rows = Array.from({ length: 120 }, (_, index) => ({
    title: `${index}`,
    description: '\u{1F680}'.repeat(16_000),
  }))
  expect(await bench.importInto(account, rowsOf(rows), { fetch: measured })).toMatchObject({
    added: 120,
    missing: [],
  })
  expect(Math.max(...sizes)).toBeLessThan(bodyLimitBytes)
  expect(Math.max(...sizes)).toBeGreaterThan(0.3 * bodyLimitBytes)
})

it('does not say how many rows are new when others write to the account meanwhile', async () => {
  const account = await bench.newAccount()
  const other = await bench.signedIn(account)
  let isFirst = true
  const result = await bench.importInto(account, rowsOf([{ title: 'mine' }]), {
    fetch: async (input, init) => {
      if (isFirst && creates(input)) {
        isFirst = false
        await other.tasks.create.mutate({ title: 'theirs' })
      }
      return await bench.server.fetch(input, init)
    },
  })
  expect(result.stored).toBe(1)
  expect(result).not.toHaveProperty('added')
})

it('reports how far it is', async () => {
  const account = await bench.newAccount()
  const seen: number[] = []
  await bench.importInto(
    account,
    rowsOf(Array.from({ length: 250 }, (_, index) => ({ title: `${index}` }))),
    { onProgress: (rows) => void seen.push(rows) },
  )
  expect(seen).toEqual([...seen].sort((one, other) => one - other))
  expect(seen.at(-1)).toBe(250)
  expect(seen).toHaveLength(3)
})
