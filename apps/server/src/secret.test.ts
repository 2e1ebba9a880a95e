import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFolder } from './fixtures/server-process.ts'
import { keptSecret } from './secret.ts'

let folder: string

beforeEach(async () => {
  folder = await createFolder()
})

afterEach(() => rm(folder, { recursive: true }))

it('makes a secret of 48 random bytes once and gives the same ever after', async () => {
  const dataDir = join(folder, 'deep', 'data')
  const secret = await keptSecret(dataDir)
  expect(Buffer.from(secret, 'base64url')).toHaveLength(48)
  expect(await keptSecret(dataDir)).toBe(secret)
  expect(await readFile(join(dataDir, 'secret'), 'utf8')).toBe(secret)
  expect(await keptSecret(join(folder, 'other'))).not.toBe(secret)
})

it('lets nobody else read it', async () => {
  await keptSecret(folder)
  expect((await stat(join(folder, 'secret'))).mode & 0o777).toBe(0o600)
})

it.each(['', '\n', 'short', 'x'.repeat(63)])('refuses a file that holds %j, naming it', async (content) => {
  const file = join(folder, 'secret')
  await writeFile(file, content)
  await expect(keptSecret(folder)).rejects.toThrow(`${file} holds no whole secret. Delete it`)
  expect(await readFile(file, 'utf8')).toBe(content)
})
