import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { BatchTasks, CreateTask, ListedTask, Task } from './contract.ts'
import { naughtyStrings, unstorableStrings } from './fixtures/naughty-strings.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend
let client: TestUser['client']
let accessToken: string
/** Which no refused call may change. */
let kept: Task

beforeAll(async () => {
  backend = await createTestBackend()
  const owner = await backend.signUp()
  client = owner.client
  accessToken = owner.signedIn.accessToken
  kept = await client.tasks.create.mutate({ title: 'Kept' })
})
afterAll(() => backend.close())

type Operation = BatchTasks['operations'][number]

interface Field {
  lengthMin: number
  lengthMax: number
  /** The field with this text. */
  input: (text: string) => Omit<CreateTask, 'id' | 'title'> & { title?: string }
  /** Where the text stands. */
  path: (string | number)[]
  /** How a text is kept. */
  stored: (text: string) => string
  read: (task: ListedTask) => string | null | undefined
}

const fields: Record<string, Field> = {
  title: {
    lengthMin: 1,
    lengthMax: 500,
    input: (title) => ({ title }),
    path: ['title'],
    stored: (text) => text,
    read: ({ title }) => title,
  },
  description: {
    lengthMin: 0,
    lengthMax: 16_000,
    input: (description) => ({ description }),
    path: ['description'],
    stored: (text) => text,
    read: ({ description }) => description,
  },
  tag: {
    lengthMin: 1,
    lengthMax: 50,
    input: (tag) => ({ tags: ['of those that come first', tag] }),
    path: ['tags', 1],
    stored: (text) => text.toLowerCase(),
    read: ({ tags }) => tags[1],
  },
}

const lengthOf = (text: string) => [...text].length
const bytesOf = (text: string | null | undefined) => Buffer.from(text ?? 'none', 'utf8').toString('hex')

const chunkSize = 20

async function inChunks<T>(texts: readonly string[], run: (chunk: string[], start: number) => Promise<T[]>) {
  const answers: T[] = []
  for (let start = 0; start < texts.length; start += chunkSize)
    answers.push(...(await run(texts.slice(start, start + chunkSize), start)))
  return answers
}

/** The tasks of the newest changes, each once. */
async function readChanged(since: number): Promise<Task[]> {
  const { changes, next } = await client.tasks.changes.query({ since })
  const tasks = changes.flatMap((change) => (change.type === 'upsert' ? [change.task] : []))
  return changes.length === 0 ? [] : [...tasks, ...(await readChanged(next))]
}

async function runBatch(operations: Operation[]): Promise<Task[]> {
  const { results } = await client.tasks.batch.mutate({ atomic: true, operations })
  return results.flatMap((result) => (result.ok ? [result.task] : []))
}

/** Writes each text, and expects it from everywhere as it is stored. */
async function expectKept(texts: readonly string[], field: Field): Promise<void> {
  const { input, stored, read } = field
  const expected = texts.map((text) => bytesOf(stored(text)))
  const expectTexts = (tasks: readonly ListedTask[]) =>
    expect(tasks.map((task) => bytesOf(read(task)))).toEqual(expected)
  const each = (run: (text: string, index: number) => Promise<Task>) =>
    inChunks(texts, (chunk, start) => Promise.all(chunk.map((text, index) => run(text, start + index))))
  const batch = (operation: (text: string, index: number) => Operation) =>
    inChunks(texts, (chunk, start) => runBatch(chunk.map((text, index) => operation(text, start + index))))

  const { next: since } = await client.tasks.changes.query()
  const created = await each((text) => client.tasks.create.mutate({ title: 'x', ...input(text) }))
  expectTexts(created)
  const ids = created.map(({ id }) => id)
  expectTexts(await each((_text, index) => client.tasks.get.query({ id: ids[index] ?? '' })))
  const inOrder = (tasks: readonly ListedTask[]) =>
    ids.flatMap((id) => tasks.find((task) => task.id === id) ?? [])
  const offsets = [...texts.keys()].filter((index) => index % chunkSize === 0)
  const pages = await Promise.all(
    offsets.map((offset) => client.tasks.list.query({ offset, limit: chunkSize })),
  )
  expectTexts(inOrder(pages.flatMap(({ tasks }) => tasks)))
  expectTexts(inOrder(await readChanged(since)))

  const made = await batch(() => ({ op: 'create', input: { title: 'x', description: 'y', tags: ['z'] } }))
  const updated = await each((text, index) =>
    client.tasks.update.mutate({ id: made[index]?.id ?? '', ...input(text) }),
  )
  expectTexts(updated)
  // What came back is what is there: the same text again is no change, and no other content.
  const same = await batch((text, index) => ({
    op: 'update',
    input: { id: made[index]?.id ?? '', ...input(text) },
  }))
  expect(same).toEqual(updated)
  expectTexts(
    await batch((text, index) => ({
      op: 'replace',
      input: { id: made[index]?.id ?? '', title: 'x', ...input(text) },
    })),
  )
  const again = await batch((text, index) => ({
    op: 'create',
    input: { id: ids[index] ?? '', title: 'x', ...input(text) },
  }))
  expect(again).toEqual(created)
  expectTexts(await batch((text) => ({ op: 'create', input: { title: 'x', ...input(text) } })))
}

async function expectRefused(text: string, { input, path }: Field): Promise<void> {
  const { id } = kept
  const given = { title: 'x', ...input(text) }
  const creation = { op: 'create', input: given } as const
  const [created, updated, replaced, whole, each] = await Promise.all([
    refusalOf(client.tasks.create.mutate(given)),
    refusalOf(client.tasks.update.mutate({ id, ...input(text) })),
    refusalOf(client.tasks.replace.mutate({ id, ...given })),
    refusalOf(client.tasks.batch.mutate({ atomic: true, operations: [creation] })),
    client.tasks.batch.mutate({ atomic: false, operations: [creation] }),
  ])
  const refusal = { httpStatus: 400, reason: 'INPUT_INVALID' }
  for (const data of [created, updated, replaced])
    expect(data).toMatchObject({ ...refusal, issues: [{ path }] })
  const ofWhole = [{ path: ['operations', 0, 'input', ...path] }]
  expect(whole).toMatchObject({ ...refusal, index: 0, issues: ofWhole })
  const issues = [{ path: ['input', ...path] }]
  expect(each.results).toMatchObject([{ ok: false, reason: 'INPUT_INVALID', issues }])
  expect(await client.tasks.get.query({ id })).toEqual(kept)
}

describe.each(Object.entries(fields))('a %s', (_name, field) => {
  const { lengthMin, lengthMax, stored } = field
  const isKept = (text: string) => {
    const length = lengthOf(stored(text))
    const isStorable = !text.includes('\0') && text.isWellFormed() && !text.startsWith('\ufeff')
    return isStorable && length >= lengthMin && length <= lengthMax
  }

  it('is kept byte for byte, whatever it says', async () => {
    const kept = naughtyStrings.filter(isKept)
    expect(kept.length).toBeGreaterThan(90)
    await expectKept(kept, field)
  })

  it('that is too long in small letters is refused, by name', async () => {
    for (const text of naughtyStrings) if (!isKept(text)) await expectRefused(text, field)
  })

  it.each(unstorableStrings)('that is %s is refused, by name', async (_what, text) => {
    await expectRefused(text, field)
  })

  it('may be as long as it may be, of any characters, and not longer', async () => {
    const characters = ['x', 'ñ', '🦆', '\u0301', '"', '\\', ' ']
    await expectKept(
      characters.map((character) => character.repeat(lengthMax)),
      field,
    )
    for (const character of characters) await expectRefused(character.repeat(lengthMax + 1), field)
  })

  it('that is empty is kept where it may be empty', async () => {
    await (lengthMin === 0 ? expectKept([''], field) : expectRefused('', field))
  })

  it('of any characters is kept or refused, never an error of ours', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 10, maxLength: 20 }), async (texts) => {
        await expectKept(texts.filter(isKept), field)
        for (const refused of texts.filter((each) => !isKept(each))) await expectRefused(refused, field)
      }),
      { numRuns: 4 },
    )
  })
})

describe('tags', () => {
  it('of any text are kept in their order, each once', async () => {
    const storable = naughtyStrings.filter((text) => lengthOf(text.toLowerCase()) <= 50)
    for (let start = 0; start < storable.length; start += 20) {
      const tags = storable.slice(start, start + 20)
      const stored = [...new Set(tags.map((tag) => tag.toLowerCase()))]
      const { id, ...task } = await client.tasks.create.mutate({
        title: 'x',
        tags: [...tags, ...tags].slice(0, 20),
      })
      expect(task.tags).toStrictEqual(stored)
      expect(await client.tasks.get.query({ id })).toMatchObject({ tags: stored })
      for (const tag of tags) {
        const { tasks } = await client.tasks.list.query({ tag, limit: 100 })
        expect(tasks.map((each) => each.id)).toContain(id)
      }
    }
  })
})

describe('a field that is not known', () => {
  const post = async (name: string) =>
    await backend.fetch('/trpc/tasks.create', {
      method: 'POST',
      body: `{"json":{${JSON.stringify(name)}:1,"title":"x"}}`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    })

  it.each([
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'then',
    '',
    '\0',
    '🦆',
    'a"b',
    '\ud800',
  ])('is refused by its name: %j', async (name) => {
    const res = await post(name)
    expect(res.status).toBe(400)
    expect(await res.json()).toMatchObject({
      error: { json: { data: { issues: [{ path: [name], message: 'Unknown field' }] } } },
    })
  })

  it('is refused where it would be the prototype', async () => {
    const res = await post('__proto__')
    expect(res.status).toBe(400)
    expect(await res.json()).toMatchObject({
      error: { json: { message: '"__proto__" cannot be a field', data: { reason: 'INPUT_MALFORMED' } } },
    })
  })
})
