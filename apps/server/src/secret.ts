import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const secretBytes = 48

/**
 * The signing secret of a first run without settings: made once and kept beside the embedded database.
 *
 * @throws Error when the file is there and holds no secret.
 */
export async function keptSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'secret')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  try {
    await writeFile(file, randomBytes(secretBytes).toString('base64url'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const secret = await readFile(file, 'utf8')
  if (Buffer.from(secret, 'base64url').length === secretBytes) return secret
  throw new Error(`${file} holds no whole secret. Delete it to have a new one made, or set JWT_SECRET.`)
}
