import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createFolder } from '../fixtures/folder.ts'
import { createTestTerminal, runInProcess } from '../fixtures/terminal.ts'
import { importTasksProgram } from './program.ts'

const run = (args: string[]) => runInProcess(importTasksProgram, { args })

it.each([
  ['no file', [], /^Give one file/],
  ['two files', ['a.csv', 'b.csv'], /^Give one file/],
  ['a file without a format', ['tasks.txt'], /^The name of the file does not tell its format/],
  ['standard input without a format', ['-'], /^The name of the file does not tell its format/],
  ['an unknown format', ['tasks.jsonl', '--format', 'xml'], /^--format is jsonl or csv/],
  ['an address that is none', ['tasks.jsonl', '--url', 'localhost:3000'], /^--url must be like/],
  ['an address with a password', ['tasks.jsonl', '--url', 'http://me:secret@host'], /^--url must be like/],
  ['an address with a query', ['tasks.jsonl', '--url', 'http://host/?a=b'], /^--url must be like/],
  ['no user and nobody to ask', ['-', '--format', 'csv'], /^Give --user/],
  [
    'a new account without an email',
    ['-', '--format', 'csv', '--user', 'me', '--sign-up'],
    /^--sign-up needs an email/,
  ],
])('exits with 2 for %s', async (_, args, message) => {
  const { code, complained } = await run(args)
  expect(complained).toMatch(message)
  expect(code).toBe(2)
})

it('does not ask on a terminal whose input is the file', async () => {
  const terminal = createTestTerminal({ isTTY: true })
  const args = ['-', '--format', 'csv']
  const { code, complained } = await runInProcess(importTasksProgram, { args, terminal })
  expect(complained).toMatch(/^Give --user/)
  expect(code).toBe(2)
})

it('never writes the report over the file to read', async () => {
  const folder = await createFolder()
  const file = join(folder.path, 'tasks.jsonl')
  await writeFile(file, '{"title":"a"}\n')
  try {
    const { code, complained } = await run([file, '--dry-run', '--report', `${folder.path}/./tasks.jsonl`])
    expect(complained).toMatch(/^--report must be another file/)
    expect(code).toBe(2)
    expect(await readFile(file, 'utf8')).toBe('{"title":"a"}\n')
  } finally {
    await folder.remove()
  }
})

it.each([
  ['a file that is not there', 'nowhere.jsonl', /^The file cannot be read: ENOENT.*\n$/],
  ['a folder', '.', /^The file cannot be read: \. is a folder\.\n$/],
])('exits with 1 and one line for %s', async (_, file, message) => {
  const { code, complained } = await run([file, '--format', 'csv'])
  expect(complained).toMatch(message)
  expect(code).toBe(1)
})

it('exits with 1 and one line for a report that cannot be written, before anything is sent', async () => {
  const { code, complained } = await run([
    '-',
    '--format',
    'csv',
    '--user',
    'me',
    '--report',
    '/nowhere/report',
  ])
  expect(complained).toMatch(/^The report cannot be written: ENOENT.*\/nowhere\/report.*\n$/)
  expect(code).toBe(1)
})
