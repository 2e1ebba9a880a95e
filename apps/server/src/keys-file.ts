import { unwatchFile, watchFile } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { createKeySet, type Logger, type PrivateJwk, type SigningKeys } from '@tasklane/api'
import { describeError } from '@tasklane/db'
import { z } from 'zod'
import { oneOf } from './variable-types.ts'

/** Thrown when the file is not a key set that can be used. Says where, and no part of a key. */
class KeysFileError extends Error {
  override name = 'KeysFileError'
  constructor(file: string, problem: string) {
    super(`JWT_KEYS_FILE ${file}: ${problem}`)
  }
}

interface KeysFile {
  file: string
  /** What new tokens are signed with: the set must have a key for it. */
  algorithm: PrivateJwk['alg']
}

const keysMax = 100
const kidLengthMax = 255
const usableByOthers = 0o066

const Key = z.looseObject(
  {
    kid: z
      .string(`Must be a text of 1 to ${kidLengthMax} characters`)
      .min(1, 'Must not be empty')
      .max(kidLengthMax, `Must have at most ${kidLengthMax} characters`),
    alg: oneOf(['EdDSA', 'ES256', 'RS256']),
    iat: z.number('Must be a number of seconds since 1970').optional(),
  },
  'Must be an object',
)

const KeySet = z.looseObject(
  { keys: z.array(Key, 'Must be a list of keys').max(keysMax, `Must have at most ${keysMax} keys`) },
  'Must be a JWK set, such as {"keys":[{"kid":"…","alg":"EdDSA",…}]}',
)

/**
 * Reads the key set that signs access tokens.
 *
 * @throws Error when it cannot be used. It says where, and no part of a key.
 */
export async function readKeysFile({ file, algorithm }: KeysFile): Promise<PrivateJwk[]> {
  const json = jsonOf(await contentOf(file))
  const parsed = KeySet.safeParse(json)
  if (parsed.success) return usable(parsed.data.keys as PrivateJwk[], { file, algorithm })
  const [issue] = parsed.error.issues
  throw new KeysFileError(file, `${placeOf(issue?.path ?? [], json)}${issue?.message}`)
}

interface Watch extends KeysFile {
  /** What was read when the process started. */
  keys: PrivateJwk[]
  signingKeys: Pick<SigningKeys, 'replace'>
  log: Logger
  /** How often the file is looked at. Default 5000. */
  everyMilliseconds?: number
}

/** Takes over each change of the file, until it is closed. A file that cannot be used changes nothing. */
export function watchKeysFile(watch: Watch): { close(): void } {
  const { file, signingKeys, log, everyMilliseconds = 5_000 } = watch
  let inUse = watch.keys
  let reloaded = Promise.resolve()

  async function reload(): Promise<void> {
    try {
      const keys = await readKeysFile(watch)
      if (isDeepStrictEqual(keys, inUse)) return
      signingKeys.replace(keys)
      inUse = keys
      log.info({ file, kids: keys.map(({ kid }) => kid) }, 'signing keys replaced')
      await warnOfReaders(file, log)
    } catch (error) {
      log.error({ error: describeError(error) }, 'the signing keys stay as they were')
    }
  }
  const onChange = () => {
    reloaded = reloaded.then(reload)
  }

  watchFile(file, { interval: everyMilliseconds, persistent: false }, onChange)
  // It may have changed since it was read.
  onChange()
  return { close: () => unwatchFile(file, onChange) }
}

/** Says so when others than the owner can read the file. Windows has other rights, which are not looked at. */
export async function warnOfReaders(file: string, log: Logger): Promise<void> {
  if (process.platform === 'win32') return
  const { mode } = await stat(file)
  if (mode & usableByOthers) log.warn({ file }, `others can read the signing keys: chmod 600 ${file}`)
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const fix = code === 'ENOENT' ? `. Make one: npm run rotate-keys -- --file ${file}` : ''
    throw new KeysFileError(file, `cannot be read (${code})${fix}`)
  }
}

/** Its own error would quote the file, and so a key. */
function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}

function usable(keys: PrivateJwk[], { file, algorithm }: KeysFile): PrivateJwk[] {
  try {
    createKeySet({ keys, algorithm, now: () => new Date() })
    return keys
  } catch (error) {
    throw new KeysFileError(file, error instanceof Error ? error.message : 'cannot be used')
  }
}

/** Names the key by its place, and by its `kid` if it has one. */
function placeOf([, index, member]: PropertyKey[], json: unknown): string {
  if (typeof index !== 'number') return ''
  const { kid } = (json as { keys: { kid?: unknown }[] }).keys[index] ?? {}
  const name = typeof kid === 'string' && kid !== '' ? ` "${kid}"` : ''
  return `key ${index + 1}${name}${member === undefined ? '' : `, ${String(member)}`}: `
}
