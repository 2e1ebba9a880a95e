import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileStore } from '@tasklane/client/node'

/** Where sessions are kept: one for each server, so that none is ever sent to another. */
export interface Credentials {
  /** The file of the session at this server. 0600, in a folder of 0700. */
  fileOf(url: string): string
  storeOf(url: string): ReturnType<typeof fileStore>
  /** The server of the last sign-in. */
  lastUrl(): Promise<string | undefined>
  rememberUrl(url: string): Promise<void>
  /** What is wrong with who may read the session, or nothing. */
  exposure(url: string): Promise<string | undefined>
}

const othersBits = 0o077

export function openCredentials(folder: string): Credentials {
  const urlFile = join(folder, 'server.json')
  const fileOf = (url: string) => join(folder, 'sessions', `${encodeURIComponent(url)}.json`)
  return {
    fileOf,
    storeOf: (url) => fileStore(fileOf(url)),
    lastUrl: async () => urlIn(await readIfThere(urlFile)),
    rememberUrl: async (url) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(urlFile, `${JSON.stringify({ url })}\n`, { mode: 0o600 })
    },
    exposure: async (url) => {
      const file = fileOf(url)
      const mode = await stat(file).then(
        (found) => found.mode & 0o777,
        () => 0,
      )
      if (process.platform === 'win32' || (mode & othersBits) === 0) return undefined
      const octal = mode.toString(8).padStart(4, '0')
      return `Others may read your session (${file} has mode ${octal}). Run: chmod 600 '${file}'`
    },
  }
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

function urlIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isNamed = typeof value === 'object' && value !== null && 'url' in value
    return isNamed && typeof value.url === 'string' ? value.url : undefined
  } catch {
    return undefined
  }
}
