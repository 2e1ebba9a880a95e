import type { ListedTask, Task } from '@tasklane/client'
import { beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { rawCommandsIn } from '../fixtures/raw-commands.ts'
import { jsonOf, runHere } from '../fixtures/run-here.ts'
import { newUser, type TestUser } from '../fixtures/user.ts'

interface Page {
  tasks: ListedTask[]
  nextCursor: string | null
}

let user: TestUser

beforeAll(async () => {
  user = await newUser()
})

const now = new Date('2026-11-26T12:00:00Z')
const run = (...args: string[]) => runHere(args, { user, now })
const json = <Value>(...args: string[]) => jsonOf<Value>(args, { user, now })
const titlesOf = async (...args: string[]) =>
  (await json<Page>('ls', ...args)).tasks.map(({ title }) => title).sort()

describe('add', () => {
  it('creates a task with all its fields, a day in words among them', async () => {
    const args = [
      'add',
      'Buy',
      'milk',
      '-d',
      'two litres',
      '-p',
      'high',
      '--due',
      '+3d',
      '-t',
      'Home',
      '-t',
      'shop',
    ]
    const added = await json<Task>(...args)
    expect(added).toMatchObject({ title: 'Buy milk', description: 'two litres', priority: 'high' })
    expect(added).toMatchObject({ dueDate: '2026-11-29', tags: ['home', 'shop'], completed: false })
    expect(await user.client.tasks.get.query({ id: added.id })).toMatchObject({
      title: 'Buy milk',
      version: 1,
    })
  })

  it('creates one task, however often it is called with the same id', async () => {
    const id = '0b0a3c4e-0000-4000-8000-000000000001'
    for (const _ of [1, 2]) expect((await run('add', 'once', '--id', id)).code).toBe(0)
    const other = await run('add', 'other', '--id', id)
    expect(other).toMatchObject({ code: exitCodes.refused, stdout: '' })
    expect(other.stderr).toMatch(/This id is taken .*\nThe task as it is now:\n {2}Title {5}once\n/)
  })

  it('sends nothing that cannot be a day, and names the fields that the server refuses', async () => {
    expect(await run('add', 'x', '--due', 'soon')).toMatchObject({ code: exitCodes.usage })
    const refused = await run('add', 'x'.repeat(501), '--due', '2026-02-30')
    expect(refused).toMatchObject({ code: exitCodes.refused, stdout: '' })
    expect(refused.stderr).toMatch(/^title: Must have at most 500 characters\ndueDate: .+\n$/)
  })
})

describe('ls', () => {
  const other = { of: undefined as TestUser | undefined }
  beforeAll(async () => {
    other.of = await newUser()
    user = other.of
    const { create, complete, delete: trash } = user.client.tasks
    await create.mutate({ title: 'late', dueDate: '2026-11-25', priority: 'low' })
    await create.mutate({ title: 'now', dueDate: '2026-11-26', priority: 'urgent', tags: ['home'] })
    await create.mutate({ title: 'next', dueDate: '2026-11-27' })
    const done = await create.mutate({ title: 'done', dueDate: '2026-11-20', description: 'oat milk' })
    await complete.mutate({ id: done.id })
    const { id } = await create.mutate({ title: 'thrown away' })
    await trash.mutate({ id })
  })

  it.each([
    [[], ['done', 'late', 'next', 'now']],
    [['--completed'], ['done']],
    [['--open'], ['late', 'next', 'now']],
    [['--priority', 'urgent'], ['now']],
    [['--tag', 'home'], ['now']],
    [
      ['--due-before', 'today'],
      ['done', 'late'],
    ],
    [['--due-after', 'today'], ['next']],
    [['--due-on', 'tomorrow'], ['next']],
    [['--overdue'], ['late']],
    [['--search', 'milk'], ['done']],
    [['--trashed'], ['thrown away']],
    [['--updated-since', '2100-01-01T00:00:00Z'], []],
    [
      ['--all', '--open'],
      ['late', 'next', 'now'],
    ],
  ])('with %j keeps %j', async (args, titles) => {
    expect(await titlesOf(...args)).toEqual(titles)
  })

  it('sorts, and gives page after page', async () => {
    const sorted = ['--sort', 'dueDate', '--order', 'asc', '--limit', '3']
    const first = await json<Page>('ls', ...sorted)
    expect(first.tasks.map(({ title }) => title)).toEqual(['done', 'late', 'now'])
    const second = await json<Page>('ls', ...sorted, '--cursor', first.nextCursor ?? '')
    expect(second).toMatchObject({ tasks: [{ title: 'next' }], nextCursor: null })
  })

  it('knows what goes together', async () => {
    expect(await run('ls', '--open', '--completed')).toMatchObject({ code: exitCodes.usage, stdout: '' })
    expect(await run('ls', '--all', '--limit', '3')).toMatchObject({ code: exitCodes.usage })
    expect(await run('ls', '--limit', 'many')).toMatchObject({ code: exitCodes.usage })
    expect(await run('ls', '--priority', 'none')).toMatchObject({ code: exitCodes.usage })
  })

  it('shows a table as wide as the terminal, in colours, with what is overdue and what is due today', async () => {
    const { stdout, stderr } = await runHere(['ls', '--sort', 'dueDate', '--order', 'asc', '--limit', '3'], {
      ...{ user, now, columns: 70 },
    })
    expect(stdout).toContain('\u001b[31m2026-11-25 overdue\u001b[39m')
    expect(stdout).toContain('\u001b[33m2026-11-26 today  \u001b[39m')
    expect(stdout).toContain('\u001b[32m[x]\u001b[39m')
    expect(stderr).toBe('\u001b[2m3 of 4 tasks. --all lists all of them.\u001b[22m\n')
  })

  it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])(
    'has no colours on a terminal with %j',
    async (variables) => {
      const { stdout } = await runHere(['ls'], { user, now, columns: 70, variables })
      expect(stdout).not.toContain('\u001b')
    },
  )

  it('says so when there are none', async () => {
    expect(await run('ls', '--tag', 'nowhere')).toEqual({ code: 0, stdout: '', stderr: 'No tasks.\n' })
  })

  it('finds tasks by their words, and shows where they stand', async () => {
    const { stdout } = await runHere(['search', 'oat', 'milk'], { user, now, columns: 70 })
    expect(stdout).toContain(
      '    \u001b[2mdone · \u001b[22m\u001b[1moat\u001b[22m\u001b[2m \u001b[22m\u001b[1mmilk\u001b[22m',
    )
    expect((await run('search', '--', 'milk', '-oat')).stderr).toBe('No tasks.\n')
  })
})

describe('a title that is made for a terminal', () => {
  const title = 'a\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\nb'

  it.each([
    [['ls']],
    [['ls', '--json']],
    [['export']],
    [['export', '--format', 'csv']],
    [['export', '--format', 'json']],
    [['search', 'owned']],
  ])('reaches it only in letters by %j', async (args) => {
    const { id } = await user.client.tasks.create.mutate({ title })
    const { stdout, stderr } = await runHere(args, { user, columns: 200 })
    await user.client.tasks.delete.mutate({ id })
    expect(stdout).toContain('owned')
    expect(rawCommandsIn(stdout + stderr)).toEqual([])
  })

  it('is in the JSON of a refusal as it is, in letters', async () => {
    const { id } = await user.client.tasks.create.mutate({ title })
    const { stderr } = await runHere(['edit', id, '--title', 'x', '--expected-version', '9', '--json'], {
      user,
    })
    expect(rawCommandsIn(stderr)).toEqual([])
    expect(JSON.parse(stderr)).toMatchObject({ reason: 'VERSION_CONFLICT', task: { title } })
  })

  it('reaches it only in letters in what is refused, and in what was done', async () => {
    const { id } = await user.client.tasks.create.mutate({ title })
    for (const args of [
      ['edit', id, '--title', 'x', '--expected-version', '9'],
      ['done', id],
      ['rm', id],
    ]) {
      const { stdout, stderr } = await runHere(args, { user, columns: 200 })
      expect(stdout + stderr).toContain('owned')
      expect(rawCommandsIn(stdout + stderr)).toEqual([])
    }
  })
})
