import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readEnvFile } from './env-file.ts'
import { createFolder } from './fixtures/server-process.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await createFolder()
  file = join(folder, '.env')
})

afterEach(() => rm(folder, { recursive: true }))

const read = async (content: string | Buffer) => {
  await writeFile(file, content)
  return readEnvFile(file)
}

it('is not needed', () => {
  expect(readEnvFile(file)).toEqual({})
})

it('holds a variable a line, with comments, quotes and the line ends of Windows', async () => {
  const content = '# A comment\r\nPORT=3001 # here\r\nNAME="two words"\r\n\r\nEMPTY=\r\n'
  expect(await read(content)).toEqual({ PORT: '3001', NAME: 'two words', EMPTY: '' })
})

it('keeps its first line behind a byte order mark', async () => {
  expect(await read('\uFEFFPORT=3001\nHOST=::1\n')).toEqual({ PORT: '3001', HOST: '::1' })
})

it.each([
  ['UTF-16 with a byte order mark', Buffer.from('\uFEFFPORT=3001\r\n', 'utf16le')],
  ['UTF-16 without one', Buffer.from('PORT=3001\r\n', 'utf16le')],
  ['Latin-1', Buffer.from('NAME=caf\u00e9\n', 'latin1')],
])('is refused in %s, naming the file', async (_encoding, content) => {
  await expect(read(content)).rejects.toThrow(`${file} is not UTF-8 text. Save it as UTF-8.`)
})

it('is refused when it is a folder', async () => {
  await mkdir(file)
  expect(() => readEnvFile(file)).toThrow('EISDIR')
})
