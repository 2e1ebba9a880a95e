import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { ListInput } from './fixtures/list-model.ts'
import { naughtyStrings } from './fixtures/naughty-strings.ts'
import { refusalOf } from './fixtures/refusal-of.ts'

let backend: TestBackend
let user: TestUser

const tasks = [
  { title: 'Buy milk', description: 'at the corner shop' },
  { title: 'Corner table', description: 'buy it' },
  { title: 'Milk the cow', description: null },
  { title: 'Call ZOË', description: 'ПРИВЕТ, мир' },
  { title: '買い物 リスト', description: 'שלום עולם' },
  { title: "Don't: e-mail, snake_case & 3.14", description: '🦆' },
]

beforeAll(async () => {
  backend = await createTestBackend()
  user = await backend.signUp()
  const stranger = await backend.signUp()
  for (const task of tasks) {
    await user.client.tasks.create.mutate(task)
    await stranger.client.tasks.create.mutate(task)
  }
})
afterAll(() => backend.close())

interface Finding extends ListInput {
  client?: TestUser['client']
}

async function find(search: string, { client = user.client, ...list }: Finding = {}) {
  return await client.tasks.list.query({ search, sort: 'createdAt', order: 'asc', ...list })
}
const titlesOf = async (...args: Parameters<typeof find>) =>
  (await find(...args)).tasks.map(({ title }) => title)

const [buyMilk, cornerTable, milkTheCow, callZoe, shopping, dont] = tasks.map(({ title }) => title)

describe('a search', () => {
  it.each([
    ['a word of a title', 'table', [cornerTable]],
    ['a word of a description', 'shop', [buyMilk]],
    ['a word of either', 'corner', [buyMilk, cornerTable]],
    ['a word in any case', 'mILK', [buyMilk, milkTheCow]],
    ['a word of letters with marks, in any case', 'zoë', [callZoe]],
    ['words of another alphabet, in any case', 'привет МИР', [callZoe]],
    ['a word without letters', 'リスト', [shopping]],
    ['a word from right to left', 'שלום', [shopping]],
    ['a word with an apostrophe', "don't", [dont]],
    ['a number', '3.14', [dont]],
    ['words with a hyphen', 'e-mail', [dont]],
    ['part of a word with a hyphen', 'mail', [dont]],
    ['all of several words, wherever they are', 'corner buy', [buyMilk, cornerTable]],
    ['all of several words, and no less', 'corner buy it', [cornerTable]],
    ['words between other signs', '(corner) & <buy> | !it;', [cornerTable]],
    ['a phrase', '"corner shop"', [buyMilk]],
    ['a phrase and a word', '"corner shop" milk', [buyMilk]],
    ['one or another word', 'shop or table', [buyMilk, cornerTable]],
    ['a word without another', 'milk -buy', [milkTheCow]],
    ['a word without a phrase', 'corner -"corner shop"', [cornerTable]],
    ['all without a word', '-corner', [milkTheCow, callZoe, shopping, dont]],
  ])('finds %s', async (_what, search, titles) => {
    const page = await find(search)
    expect(page.tasks.map(({ title }) => title)).toEqual(titles)
    expect(page.total).toBe(titles.length)
  })

  it.each([
    ['part of a word', 'mil'],
    ['a word with a wildcard', 'mil:*'],
    ['words that no task has together', 'table cow'],
    ['a phrase in another order', '"shop corner"'],
    ['a phrase from the title into the description', '"milk shop"'],
    ['a word that its task must not have', 'milk -milk'],
  ])('does not find %s', async (_what, search) => {
    expect(await find(search)).toMatchObject({ tasks: [], total: 0, nextCursor: null })
  })

  it.each([
    '?',
    '!!!',
    '"',
    '""',
    '-',
    '- -',
    ' ',
    '\n',
    '()',
    '&',
    '|',
    '*',
    '🦆',
    '\u200b',
    '<->',
    "'",
    '\\',
  ])('finds nothing by a text without words: %j', async (search) => {
    expect(await find(search)).toMatchObject({ tasks: [], total: 0, nextCursor: null })
  })

  it('finds own tasks only, whatever is looked for', async () => {
    const [mine, theirs] = [await backend.signUp(), await backend.signUp()]
    const [myId, theirId] = [mine, theirs].map(({ signedIn }) => signedIn.user.id)
    const { client } = mine
    await mine.client.tasks.create.mutate({ title: `About ${theirId}` })
    await mine.client.tasks.create.mutate({ title: 'Mine' })
    await theirs.client.tasks.create.mutate({ title: `About ${myId}` })
    await theirs.client.tasks.create.mutate({ title: 'Theirs' })
    const searches = [theirId, `"${theirId}"`, `'${theirId}'`, `about ${theirId}`, `theirs or ${theirId}`]
    for (const search of searches) {
      expect(await titlesOf(search ?? '', { client }), search).toEqual([`About ${theirId}`])
    }
    for (const search of [`${myId}`, `'${myId}'`, 'theirs', `theirs ${myId}`, `theirs or ${myId}`]) {
      expect(await titlesOf(search, { client }), search).toEqual([])
    }
    const all = [`About ${theirId}`, 'Mine']
    for (const search of ['-theirs', `-${myId}`, `mine or about`, `mine or -theirs`]) {
      expect(await titlesOf(search, { client }), search).toEqual(all)
    }
    expect(await titlesOf(`-${theirId}`, { client })).toEqual(['Mine'])
  })

  it('finds a word in what looks like HTML, by that word and as it is written', async () => {
    const { client } = await backend.signUp()
    const { id } = await client.tasks.create.mutate({ title: 'Fix the <Buttonbar> here' })
    for (const search of ['buttonbar', '<Buttonbar>', 'fix <Buttonbar> here']) {
      const { tasks } = await client.tasks.list.query({ search })
      expect(tasks.map((task) => task.id)).toEqual([id])
    }
  })

  it('tells those with the word in the title before those with it in the description, and the newest first', async () => {
    const { client } = await backend.signUp()
    const create = async (title: string, description?: string) =>
      void (await client.tasks.create.mutate({ title, description: description ?? null }))
    await create('both: budget', 'the budget')
    await create('older title: budget')
    await create('title: budget')
    await create('often', 'budget '.repeat(200))
    await create('once', 'something of the budget')
    await create('neither')
    const expected = ['both: budget', 'title: budget', 'older title: budget', 'often', 'once']
    const order: ListInput = { sort: undefined, order: undefined }
    expect(await titlesOf('budget', { client, ...order })).toEqual(expected)
    expect(await titlesOf('budget', { client, sort: 'relevance' })).toEqual(expected)
    expect(await titlesOf('budget or absent', { client, ...order })).toEqual(expected)
  })

  it('tells those with all the words in the title before those with them apart', async () => {
    const { client } = await backend.signUp()
    await client.tasks.create.mutate({ title: 'annual report' })
    await client.tasks.create.mutate({ title: 'report', description: 'the annual one' })
    await client.tasks.create.mutate({ title: 'x', description: 'annual report' })
    const titles = await titlesOf('annual report', { client, sort: 'relevance' })
    expect(titles[0]).toBe('annual report')
    expect(titles).toHaveLength(3)
  })

  it('finds what a task says now', async () => {
    const { client } = await backend.signUp()
    const found = async (list: ListInput = {}) => {
      const words = ['first', 'second', 'third']
      const totals = await Promise.all(
        words.map(async (word) => (await find(word, { client, ...list })).total),
      )
      return words.filter((_, index) => totals[index] === 1)
    }
    const { id } = await client.tasks.create.mutate({ title: 'first' })
    expect(await found()).toEqual(['first'])
    await client.tasks.update.mutate({ id, description: 'second' })
    expect(await found()).toEqual(['first', 'second'])
    await client.tasks.update.mutate({ id, title: 'third' })
    expect(await found()).toEqual(['second', 'third'])
    await client.tasks.complete.mutate({ id })
    expect(await found()).toEqual(['second', 'third'])
    await client.tasks.replace.mutate({ id, title: 'third' })
    expect(await found()).toEqual(['third'])
    await client.tasks.delete.mutate({ id })
    expect([await found(), await found({ trashed: true })]).toEqual([[], ['third']])
    await client.tasks.restore.mutate({ id })
    expect([await found(), await found({ trashed: true })]).toEqual([['third'], []])
    await client.tasks.delete.mutate({ id })
    await client.tasks.purge.mutate({ id })
    expect([await found(), await found({ trashed: true })]).toEqual([[], []])
  })

  const nastySearches = [
    ...naughtyStrings,
    ...['&', '|', '!', '<->', '<2>', ':*', ':A', 'a:B', '()', '((', '))', 'a & b', 'a | !b', '!(a)', '<a>'],
    ...["'", "''", "'a", "a'", '"a', 'a"', '"""', '"a" "b', "'a' & 'b'", '\\', "\\'", '\\\\', 'a\\', '\\"a'],
    ...['or', 'OR or', '-or', 'or -', '--', '- a', '-"', '-"a', '-"a b" or', 'a -a', '"" or ""', '-""'],
    ...[
      '%',
      '_',
      '%s',
      '$1',
      '$ {a}',
      '?',
      '??',
      ';',
      "'; drop table tasks; --",
      '/* */',
      '--x',
      '\ufdd0a\ufdd1',
    ],
    ...[
      '!'.repeat(200),
      '"'.repeat(199),
      '-'.repeat(200),
      '('.repeat(200),
      '\\'.repeat(200),
      "'".repeat(200),
    ],
    ...['a '.repeat(100), '-a '.repeat(66), 'or '.repeat(66), 'a or '.repeat(40), '"a" '.repeat(50)],
    ...['🦆'.repeat(200), '\u202e'.repeat(200), '\u0301'.repeat(200), '\u0001', '\u007f', 'a\u0000'],
    ...['http://a.b/c?d=e&f', 'a@b.c', '/etc/passwd', '..', '1e400', '-1', '0x', 'a.b.c', '&amp;', '&#0;'],
  ]
  it('answers any text with a page, or refuses it by name', async () => {
    await user.client.tasks.create.mutate({ title: 'a b c', description: 'or not' })
    const answer = async (search: string) => {
      const page = user.client.tasks.list.query({ search, highlight: true })
      return await page.then(
        () => 'a page',
        () => refusalOf(user.client.tasks.list.query({ search, highlight: true })),
      )
    }
    for (const search of nastySearches) {
      const outcome = await answer(search)
      if (outcome === 'a page') continue
      expect(outcome, search).toMatchObject({ reason: 'INPUT_INVALID', issues: [{ path: ['search'] }] })
      expect(/^$|\0|^\ufeff/.test(search) || !search.isWellFormed() || [...search].length > 200).toBe(true)
    }
    const piece = fc.oneof(
      fc.constantFrom(...'"-|&!():*<>\'\\ \n', ' or ', ' -', '<->', 'a', 'b', '\ufdd0', '🦆'),
      fc
        .string({ unit: 'binary', maxLength: 3 })
        .filter((text) => text.isWellFormed() && !text.includes('\0')),
    )
    const texts = fc.array(piece, { minLength: 1, maxLength: 40 }).map((pieces) => `a${pieces.join('')}`)
    await fc.assert(
      fc.asyncProperty(texts, async (search) => {
        expect(await answer(search)).toBe('a page')
      }),
      { seed: 20_260_131, numRuns: 80 },
    )
  })
})

describe('the snippet of a task that was found', () => {
  const snippetOf = async (search: string, { client }: TestUser) =>
    (await client.tasks.list.query({ search, highlight: true })).tasks[0]?.snippet ?? []

  /** Whether the parts are one or two pieces of this text. */
  function expectPieces(snippet: { text: string }[], text: string) {
    const pieces = snippet
      .map((part) => part.text)
      .join('')
      .split(' … ')
    expect(pieces.length).toBeLessThanOrEqual(2)
    for (const piece of pieces) expect(text).toContain(piece)
  }

  it('shows where each of the words stands, as it is written', async () => {
    const writer = await backend.signUp()
    const description = 'Bring the DRAFT, and a pen.'
    await writer.client.tasks.create.mutate({ title: 'Report, draft two', description })
    expect(await snippetOf('draft report', writer)).toEqual([
      { text: 'Report', isMatch: true },
      { text: ', ', isMatch: false },
      { text: 'draft', isMatch: true },
      { text: ' two\nBring the ', isMatch: false },
      { text: 'DRAFT', isMatch: true },
    ])
  })

  it('is made of two pieces of a long text at most', async () => {
    const writer = await backend.signUp()
    const filler = 'lorem ipsum dolor '.repeat(30)
    const description = `${filler}needle ${filler}needle ${filler}needle ${filler}`
    await writer.client.tasks.create.mutate({ title: 'Long', description })
    const snippet = await snippetOf('needle', writer)
    expectPieces(snippet, `Long\n${description}`)
    expect(snippet.filter(({ isMatch }) => isMatch)).toEqual(Array(2).fill({ text: 'needle', isMatch: true }))
    expect(snippet.map(({ text }) => text).join('').length).toBeLessThan(400)
  })

  it('is plain text, with what looks like HTML as it is', async () => {
    const writer = await backend.signUp()
    const title = 'The <b class="x">needle</b> in <script>alert(1)</script> &amp; a<b>c of hay'
    await writer.client.tasks.create.mutate({ title })
    const snippet = await snippetOf('needle', writer)
    expect(snippet).toContainEqual({ text: 'needle', isMatch: true })
    expectPieces(snippet, title)
    expect(snippet.map(({ text }) => text).join('')).toContain('</b> in <script>alert(1)')
  })

  it('is a piece of the text and marks the words that were looked for, whatever else is in the text', async () => {
    const writer = await backend.signUp()
    const word = fc.constantFrom('needle', 'Needle', 'NEEDLE')
    const other = fc.oneof(
      fc.constantFrom(
        '<b>',
        '</b>',
        '<needle',
        '<!-- x -->',
        '&lt;',
        '\ufdd0',
        '\ufdd1',
        '\ufdd2',
        '"',
        '\\',
      ),
      fc.constantFrom(
        'http://a.b/needle?c=<d>',
        'a@needle.org',
        '/usr/needle',
        'x-needle',
        '1.5e-3',
        'lorem ipsum',
      ),
      fc.constantFrom(...naughtyStrings.filter((text) => !text.includes(' … '))),
    )
    const space = fc.constantFrom(' ', '  ', '\n', '\t', '. ', ' - ')
    const piece = fc.tuple(other, space).map((parts) => parts.join(''))
    const text = fc
      .tuple(fc.array(piece, { maxLength: 8 }), word, fc.array(piece, { maxLength: 30 }))
      .map(([before, found, after]) => `x ${before.join('')} ${found} ${after.join('')}`)
    const { id } = await writer.client.tasks.create.mutate({ title: 'x' })
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (text, isTitle) => {
        const title = isTitle ? [...text].slice(0, 500).join('') : 'x'
        const task = await writer.client.tasks.replace.mutate({ id, title, description: text })
        const snippet = await snippetOf('needle', writer)
        const marked = snippet.filter(({ isMatch }) => isMatch)
        expect(new Set(marked.map(({ text }) => text.toLowerCase()))).toEqual(new Set(['needle']))
        expectPieces(snippet, `${task.title}\n${task.description}`.replaceAll(/[\ufdd0-\ufdd2]/g, ''))
      }),
      { seed: 20_260_131, numRuns: 60 },
    )
  })
})
