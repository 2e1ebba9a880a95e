import { parseArgs } from 'node:util'
import { readEnv } from '@tasklane/server/env'
import { UsageError } from '../problems.ts'
import type { Program } from '../run-program.ts'
import type { Terminal } from '../terminal.ts'
import { keyAlgorithms } from './new-key.ts'
import { describeRotation } from './report.ts'
import { keepSecondsDefault } from './rotate-key-set.ts'
import { rotateKeys } from './rotate-keys.ts'

const usage = `usage: npm run rotate-keys -- [options]

Adds a new key to the key set that signs access tokens, and drops the keys that are needed no more.
Makes the file when there is none. A running server takes it by itself, and nobody is signed out.

  --file <file>       The key set, a JWK set with private keys. Default: JWT_KEYS_FILE.
  --algorithm <name>  EdDSA, ES256 or RS256. Default: that of the newest key, or else JWT_ALGORITHM,
                      or else EdDSA.
  --keep-seconds <n>  How long a key stays after it stopped to sign. Default 604800 (7 days), or
                      ACCESS_TOKEN_TTL_SECONDS if that is longer; it must not be shorter.

A new key is published for ten minutes before it signs. Once a day is fine; again within these ten
minutes is safe too: each key waits for its own ten minutes, and the one before signs until then.
Servers with copies of the file must get it within these ten minutes. When you add a key by hand, its
"iat" is the moment at which you do.`

const options = {
  file: { type: 'string' },
  algorithm: { type: 'string' },
  'keep-seconds': { type: 'string' },
} as const

export const rotateKeysProgram: Program = { usage, run }

async function run(args: string[], { stdout }: Terminal): Promise<boolean> {
  const { values } = parseArgs({ args, options })
  const { jwtKeysFile, jwtAlgorithm, accessTokenTtlSeconds } = readEnv()
  const file = values.file || jwtKeysFile
  if (file === undefined) throw new UsageError('Give --file, or set JWT_KEYS_FILE.')
  const algorithm = keyAlgorithms.find((each) => each === values.algorithm)
  if (values.algorithm !== undefined && !algorithm)
    throw new UsageError(`--algorithm is ${keyAlgorithms.join(', ')}.`)
  const keepSeconds = keepSecondsOf(values['keep-seconds'], accessTokenTtlSeconds)
  const now = new Date()
  const algorithmOfFirst = keyAlgorithms.find((each) => each === jwtAlgorithm)
  const rotation = await rotateKeys(file, { algorithm, algorithmOfFirst, keepSeconds, now })
  stdout.write(`${describeRotation(rotation, { keepSeconds, now })}\n`)
  return true
}

function keepSecondsOf(given: string | undefined, ttlSeconds: number): number {
  if (given === undefined) return Math.max(keepSecondsDefault, ttlSeconds)
  const seconds = Number(/^\d{1,10}$/.test(given) ? given : Number.NaN)
  if (seconds >= ttlSeconds) return seconds
  throw new UsageError(
    `--keep-seconds must be a whole number, at least ACCESS_TOKEN_TTL_SECONDS (${ttlSeconds}): ` +
      'tokens of a key that is gone are refused.',
  )
}
