import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ListedTask } from '@tasklane/client'
import { describe, expect, inject, it } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { startFaultyProxy } from '../fixtures/faulty-proxy.ts'
import { jsonOf, runHere } from '../fixtures/run-here.ts'
import { finish, startShell } from '../fixtures/run-process.ts'
import { newUser, type TestUser } from '../fixtures/user.ts'
import type { Tally } from '../import/import-rows.ts'

const hostile = '  \t a\r\n\u2028\u{1F680} e\u0301 "" ,;=1+1\u0001 '
const linesOf = (rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const countOf = async ({ client }: TestUser) => (await client.tasks.counts.query({})).total

async function fileOf(user: TestUser, name: string, content: string): Promise<string> {
  const path = join(user.configFolder, name)
  await writeFile(path, content)
  return path
}

describe('import', () => {
  it('brings 1000 rows once, however often it is run', async () => {
    const user = await newUser()
    const rows = Array.from({ length: 1000 }, (_, index) => ({ title: `row ${index % 900}`, tags: ['bulk'] }))
    const file = await fileOf(user, 'rows.jsonl', linesOf(rows))
    for (const _ of ['first', 'second']) {
      const ran = await runHere(['import', file], { user })
      expect(ran).toEqual({ code: 0, stdout: '1000 of 1000 rows are in.\n', stderr: '' })
      expect(await countOf(user)).toBe(1000)
    }
  })

  it('makes no second row when an answer is lost on the way, and waits before it asks again', async () => {
    const user = await newUser()
    const proxy = await startFaultyProxy(inject('serverUrl'))
    await user.signInAt(proxy.url)
    proxy.loseAnswers('tasks.batch', 2)
    const rows = Array.from({ length: 250 }, (_, index) => ({ title: `row ${index}` }))
    const file = await fileOf(user, 'rows.json', JSON.stringify(rows))
    const waits: number[] = []
    const ran = await runHere(['import', file, '--url', proxy.url], {
      user,
      onPause: (ms) => void waits.push(ms),
    })
    expect(ran).toMatchObject({ code: 0, stdout: '250 of 250 rows are in.\n' })
    expect(waits).toEqual([1000, 2000])
    expect(await countOf(user)).toBe(250)
  })

  it('stops when the server stays away, names what is not known to be in, and loses nothing by a second run', async () => {
    const user = await newUser()
    const proxy = await startFaultyProxy(inject('serverUrl'))
    await user.signInAt(proxy.url)
    proxy.loseAnswers('tasks.batch', Number.POSITIVE_INFINITY)
    const file = await fileOf(user, 'rows.jsonl', linesOf([{ title: 'a' }, { title: 'b' }]))
    const ran = await runHere(['import', file, '--url', proxy.url], { user })
    expect(ran).toMatchObject({ code: exitCodes.unavailable, stdout: '0 of 2 rows are in.\n' })
    expect(ran.stderr).toContain('line 1: unsent: not known to be in\nline 2: unsent: not known to be in\n')
    expect(ran.stderr).toContain('Run the same again')
    expect((await runHere(['import', file], { user })).stdout).toBe('2 of 2 rows are in.\n')
    expect(await countOf(user)).toBe(2)
  })

  it('names each refused row with its line and why, brings all others, and reports the rows whole', async () => {
    const user = await newUser()
    const refused = { title: 'x'.repeat(501), dueDate: '2026-02-30', owner: 'me' }
    const content = `${linesOf([{ title: 'first', owner: 'me' }, refused])}nonsense\n${linesOf([{ title: 'last' }])}`
    const file = await fileOf(user, 'rows.jsonl', content)
    const report = join(user.configFolder, 'report.jsonl')
    const ran = await runHere(['import', file, '--report', report], { user })
    expect(ran).toMatchObject({ code: exitCodes.refused, stdout: '2 of 4 rows are in.\n' })
    expect(ran.stderr).toMatch(
      /^Ignored columns: owner \(2\)\nline 2: title: Must have at most 500 characters; dueDate: .+\nline 3: not valid JSON: .+\n$/,
    )
    const reported = (await readFile(report, 'utf8')).trim().split('\n')
    expect(reported.map((line) => JSON.parse(line))).toMatchObject([
      { line: 2, kind: 'refused', row: refused },
      { line: 3, kind: 'refused', row: 'nonsense' },
    ])
    expect(await countOf(user)).toBe(2)
  })

  it('does not write its report over the file that it imports', async () => {
    const user = await newUser()
    const content = linesOf([{ title: 'a' }, { title: 'x'.repeat(501) }])
    const file = await fileOf(user, 'rows.jsonl', content)
    const link = join(user.configFolder, 'link.jsonl')
    await symlink(file, link)
    for (const report of [file, link]) {
      const ran = await runHere(['import', file, '--report', report], { user })
      expect(ran).toMatchObject({ code: exitCodes.usage, stdout: '' })
      expect(ran.stderr).toContain('Give the report another name.')
    }
    const line = 'tasklane import - --format jsonl --report "$FILE" < "$FILE"'
    const { code } = await finish(startShell(line, { user, variables: { FILE: file } }))
    expect(code).toBe(exitCodes.usage)
    expect(await readFile(file, 'utf8')).toBe(content)
    expect(await countOf(user)).toBe(0)
  })

  it('leaves alone what was edited since, takes standard input, and tells a program all of it', async () => {
    const user = await newUser()
    const stdin = 'title,completed\nedited,false\nas it was,true\n'
    const args = ['import', '-', '--format', 'csv']
    expect((await runHere(args, { user, stdin })).code).toBe(0)
    const { tasks } = await user.client.tasks.list.query({ search: 'edited' })
    await user.client.tasks.update.mutate({ id: tasks[0]?.id ?? '', title: 'by hand' })
    expect(await jsonOf<Tally>(args, { user, stdin })).toEqual({
      ...{ read: 2, in: 1, changed: 1, missing: [], ignored: {} },
    })
    expect(await countOf(user)).toBe(2)
  })

  it('says which file it cannot read', async () => {
    const user = await newUser()
    const ran = await runHere(['import', '/nonexistent/rows.jsonl'], { user })
    expect(ran).toMatchObject({ code: exitCodes.refused, stdout: '' })
    expect(ran.stderr).toMatch(/^The file cannot be read: ENOENT/)
    expect(await runHere(['import', 'rows.txt'], { user })).toMatchObject({ code: exitCodes.usage })
  })

  it('shows on a terminal how far it is', async () => {
    const user = await newUser()
    const file = await fileOf(user, 'rows.jsonl', linesOf([{ title: 'a' }]))
    const { stderr } = await runHere(['import', file], { user, columns: 80 })
    expect(stderr).toBe(`\r[${'#'.repeat(24)}] 1 rows\u001b[K\r\u001b[K`)
  })
})

describe('export', () => {
  it.each(['jsonl', 'json', 'csv'])(
    'as %s brings every task to another account, by import, as it was',
    async (format) => {
      const [from, to] = [await newUser(), await newUser()]
      const fields = {
        description: hostile,
        priority: 'urgent',
        dueDate: '2028-02-29',
        completed: true,
      } as const
      await from.client.tasks.create.mutate({ title: hostile, ...fields, tags: ['a,b', 'c;d', '["e"]'] })
      const operations = Array.from({ length: 99 }, (_, index) => ({
        title: `plain ${index}`,
        tags: ['x', 'y'],
      }))
      for (const _ of [1, 2])
        await from.client.tasks.batch.mutate({
          atomic: true,
          operations: operations.map((input) => ({ op: 'create' as const, input })),
        })
      const exported = await runHere(['export', '--format', format], { user: from })
      expect(exported).toMatchObject({ code: 0, stderr: '' })
      const imported = await runHere(['import', '-', '--format', format], {
        user: to,
        stdin: exported.stdout,
      })
      expect(imported).toMatchObject({ code: 0, stdout: '199 of 199 rows are in.\n' })
      const all = async ({ client }: TestUser) => {
        const pages = [0, 100].map((offset) =>
          client.tasks.list.query({ limit: 100, offset, sort: 'createdAt' }),
        )
        const tasks = (await Promise.all(pages)).flatMap((page) => page.tasks)
        const told = ({ id, title, description, completed, priority, dueDate, tags }: ListedTask) => ({
          ...{ id, title, description, completed, priority, dueDate, tags },
        })
        return tasks.map(told).sort((one, other) => (one.id < other.id ? -1 : 1))
      }
      expect(await all(to)).toEqual(await all(from))
    },
  )

  it('keeps to its filters', async () => {
    const user = await newUser()
    await user.client.tasks.create.mutate({ title: 'a', tags: ['home'] })
    await user.client.tasks.create.mutate({ title: 'b' })
    const { stdout } = await runHere(['export', '--tag', 'home'], { user })
    expect(JSON.parse(stdout)).toMatchObject({ title: 'a' })
  })
})
