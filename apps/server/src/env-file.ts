import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/**
 * The variables in a file such as `.env`. None when there is no such file.
 *
 * @throws Error when it is not text in UTF-8, such as when PowerShell wrote it in UTF-16.
 */
export function readEnvFile(path: string): Record<string, string> {
  const bytes = bytesOf(path)
  if (!isUtf8(bytes) || bytes.includes(0)) throw new Error(`${path} is not UTF-8 text. Save it as UTF-8.`)
  // Node would take a byte order mark for a part of the first name.
  return parseEnv(bytes.toString().replace(/^\uFEFF/, '')) as Record<string, string>
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
