import { createKeySet, type PrivateJwk } from '@tasklane/api'
import { CommandError } from '../problems.ts'
import { keyAlgorithms } from './new-key.ts'

/** A JWK set with private keys. RFC 7517 §5. */
export interface PrivateJwkSet {
  keys: PrivateJwk[]
  [member: string]: unknown
}

/** More keys, or a longer name, and the server does not take the file. */
export const keysMax = 100
const kidLengthMax = 255

/** When it was made, in seconds since 1970. */
export const madeAt = ({ iat = 0 }: PrivateJwk) => iat

/** @throws CommandError that says what is wrong, and no part of a key. */
export function parseKeySet(content: string): PrivateJwkSet {
  const set = jsonOf(content)
  if (!isObject(set) || !Array.isArray(set['keys'])) {
    throw new CommandError('it is not a JWK set, such as {"keys":[{"kid":"…","alg":"EdDSA",…}]}')
  }
  for (const [index, key] of set['keys'].entries()) {
    const problem = problemOf(key)
    if (problem !== undefined) throw new CommandError(`its key ${index + 1} ${problem}`)
  }
  refuseUnusable(set as PrivateJwkSet)
  return set as PrivateJwkSet
}

/** @throws CommandError when a server would not take the set. */
export function refuseUnusable({ keys }: PrivateJwkSet): void {
  if (keys.length > keysMax) throw new CommandError(`it has more than ${keysMax} keys`)
  const [first] = keys
  if (!first) return
  try {
    createKeySet({ keys, algorithm: first.alg, now: () => new Date() })
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : 'it cannot be used')
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

function problemOf(key: unknown): string | undefined {
  if (!isObject(key)) return 'is not an object'
  const { kid, alg, iat } = key
  if (typeof kid !== 'string' || kid === '' || kid.length > kidLengthMax)
    return `has no "kid" of 1 to ${kidLengthMax} characters`
  if (!keyAlgorithms.some((each) => each === alg)) return `has no "alg" of ${keyAlgorithms.join(', ')}`
  if (iat !== undefined && !(typeof iat === 'number' && iat >= 0))
    return 'has an "iat" that is no number of seconds since 1970'
  return undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
