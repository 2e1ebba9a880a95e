import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFolder } from '../fixtures/folder.ts'
import { runInProcess } from '../fixtures/terminal.ts'
import { rotateKeysProgram } from './program.ts'

let folder: Awaited<ReturnType<typeof createFolder>>
let file: string

beforeEach(async () => {
  folder = await createFolder()
  file = join(folder.path, 'keys.json')
})
afterEach(() => folder.remove())

const run = (...args: string[]) => runInProcess(rotateKeysProgram, { args })

it.each([
  ['no file', [], /^Give --file, or set JWT_KEYS_FILE\.\n/],
  ['an algorithm that no key has', ['--algorithm', 'HS256'], /^--algorithm is EdDSA, ES256, RS256\.\n/],
  ['a time that is none', ['--keep-seconds', '7d'], /^--keep-seconds must be a whole number/],
  [
    'a shorter time than tokens live',
    ['--keep-seconds', '899'],
    /^--keep-seconds must .* at least ACCESS_TOKEN_TTL_SECONDS \(900\)/,
  ],
])('exits with 2 for %s, and writes nothing', async (_, args, message) => {
  const { code, printed, complained } = await run(...args, ...(args.length > 0 ? ['--file', file] : []))
  expect(complained).toMatch(message)
  expect({ code, printed }).toEqual({ code: 2, printed: '' })
  await expect(readFile(file)).rejects.toThrow('ENOENT')
})

it('keeps a key for seven days, or as long as it is told', async () => {
  const keptUntil = async (...args: string[]) => {
    const { printed } = await run('--file', file, ...args)
    const [, until = '', kept = ''] = /signs until (\S+), is kept until (\S+)$/m.exec(printed) ?? []
    return (Date.parse(kept) - Date.parse(until)) / 1000
  }
  await run('--file', file)
  expect(await keptUntil()).toBe(7 * 24 * 3600 + 600)
  expect(await keptUntil('--keep-seconds', '900')).toBe(900 + 600)
})

it('says in one line that the folder is not there', async () => {
  const { code, complained } = await run('--file', join(folder.path, 'nowhere', 'keys.json'))
  expect(complained).toMatch(/^ENOENT: [^\n]*\n$/)
  expect(code).toBe(1)
})
