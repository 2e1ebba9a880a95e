import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFolder } from '../fixtures/folder.ts'
import { runInProcess } from '../fixtures/terminal.ts'
import { importUsersProgram } from './import-program.ts'
import { setUserProgram } from './set-user-program.ts'

let folder: Awaited<ReturnType<typeof createFolder>>

beforeEach(async () => {
  folder = await createFolder()
})
afterEach(() => folder.remove())

it.each([
  ['nobody', ['--role', 'admin'], /^Give one email, username or id\.\n/],
  ['two users', ['ada', 'grace', '--role', 'admin'], /^Give one email, username or id\.\n/],
  ['nothing to set', ['ada'], /^Give --role or --active\.\n/],
  ['an unknown role', ['ada', '--role', 'owner'], /^--role is user or admin\.\n/],
  ['neither true nor false', ['ada', '--active', 'yes'], /^--active is true or false\.\n/],
])('set-user exits with 2 for %s', async (_, args, message) => {
  const { code, complained } = await runInProcess(setUserProgram, { args })
  expect(complained).toMatch(message)
  expect(code).toBe(2)
})

it.each([
  ['no file', [], /^Give one file/],
  ['a file without a format', ['users.txt'], /^The name of the file does not tell its format/],
  ['an unknown format', ['users.csv', '--format', 'xml'], /^--format is jsonl or csv/],
])('import-users exits with 2 for %s', async (_, args, message) => {
  const { code, complained } = await runInProcess(importUsersProgram, { args })
  expect(complained).toMatch(message)
  expect(code).toBe(2)
})

it('checks a file without a database, and reports every row that would be refused', async () => {
  const file = join(folder.path, 'users.csv')
  const report = join(folder.path, 'refused.jsonl')
  await writeFile(file, 'email,password_hash,phone\na@example.com,$2b$10$x,1\nb@example.com,,2\nnobody,,\n')
  const args = [file, '--dry-run', '--report', report]
  const { code, printed, complained } = await runInProcess(importUsersProgram, { args })
  expect(printed).toMatch(`Rows read       3
Could be added  1, but for those that are there already
Refused         2
Ignored columns: phone (2)
Not in:
  line 2: passwordHash: must be argon2id (`)
  expect(printed).toMatch(
    /\n {2}line 4: email: Must be an email address, of 254 characters at most\nNothing was written\.\n$/,
  )
  expect({ code, complained }).toEqual({ code: 1, complained: '' })
  const reported = (await readFile(report, 'utf8')).trim().split('\n')
  expect(reported.map((line) => JSON.parse(line))).toMatchObject([{ line: 2 }, { line: 4 }])
})

it('says what the first row of a CSV must name', async () => {
  const file = join(folder.path, 'users.csv')
  await writeFile(file, 'name,phone\nAda,1\n')
  const { code, complained } = await runInProcess(importUsersProgram, { args: [file, '--dry-run'] })
  expect(complained).toMatch(
    /^The first row must name the columns, .* "email" or "username" among them .*: name,phone\n$/,
  )
  expect(code).toBe(1)
})
