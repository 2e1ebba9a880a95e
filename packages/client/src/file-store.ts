import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseSession, type SessionStore } from './session.ts'

/**
 * Keeps the session in a file that only its owner can read (0600), in a folder that is made when it
 * is missing (0700). A write replaces the file whole. A missing or damaged file is no session.
 *
 * Each method rejects with the file system's error when the file or folder is out of reach.
 */
export function fileStore(path: string): SessionStore {
  const file = resolve(path)
  return {
    get: async () => parseSession(await readText(file)),
    set: async (session) => {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      const partial = `${file}.${randomUUID()}.partial`
      try {
        await writeFile(partial, JSON.stringify(session), { mode: 0o600, flag: 'wx' })
        await rename(partial, file)
      } catch (error) {
        await rm(partial, { force: true })
        throw error
      }
    },
    clear: () => rm(file, { force: true }),
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
