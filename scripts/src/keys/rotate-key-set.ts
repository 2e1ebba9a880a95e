import { type PrivateJwk, publishedBeforeSigningSeconds } from '@tasklane/api'
import { CommandError } from '../problems.ts'
import { keysMax, madeAt, type PrivateJwkSet, refuseUnusable } from './key-set.ts'
import { newKey } from './new-key.ts'

/** Longer than any usual life of an access token: a week. */
export const keepSecondsDefault = 7 * 24 * 3600
/** What the clocks of two machines may differ. */
const clockDifferenceSecondsMax = 60

export interface RotationOptions {
  /** Default: that of the newest key, or else `algorithmOfFirst`. */
  algorithm?: PrivateJwk['alg'] | undefined
  /** What the first key of a set is for. Default EdDSA. */
  algorithmOfFirst?: PrivateJwk['alg'] | undefined
  /** How long a key stays after it stopped to sign: no less than the life of an access token. */
  keepSeconds: number
  now: Date
}

export interface Rotation {
  set: PrivateJwkSet
  added: PrivateJwk
  dropped: PrivateJwk[]
}

/**
 * Adds a new key and drops those whose tokens have all expired. Every key is judged by its own `iat`,
 * so that it does not matter how often, and how soon again, this is done: a key signs only when it has
 * been published long enough, and goes only when a newer one has signed in its place for long enough.
 *
 * @throws CommandError when the set cannot take another key.
 */
export async function rotateKeySet(set: PrivateJwkSet, options: RotationOptions): Promise<Rotation> {
  const { keepSeconds, now } = options
  const nowSeconds = Math.floor(now.getTime() / 1000)
  const newest = set.keys.reduce<PrivateJwk | undefined>(
    (newer, key) => (newer && madeAt(newer) > madeAt(key) ? newer : key),
    undefined,
  )
  if (newest && madeAt(newest) > nowSeconds + clockDifferenceSecondsMax) {
    throw new CommandError(
      `the "iat" of its key "${newest.kid}" is in the future. Check this machine's clock, and that it is in seconds`,
    )
  }
  const dropped = set.keys.filter((key) => {
    const supersededAt = supersededAtOf(key, set.keys)
    return supersededAt !== undefined && nowSeconds > droppedAfter(supersededAt, keepSeconds)
  })
  const kept = set.keys.filter((key) => !dropped.includes(key))
  if (kept.length >= keysMax) {
    throw new CommandError(
      `it has ${kept.length} keys that may still be needed, and a server takes ${keysMax}`,
    )
  }
  const alg = options.algorithm ?? newest?.alg ?? options.algorithmOfFirst ?? 'EdDSA'
  // Two keys of one moment would have no order.
  const iat = Math.max(nowSeconds, newest ? Math.floor(madeAt(newest)) + 1 : 0)
  const added = await newKey({ alg, iat })
  const rotated = { ...set, keys: [...kept, added] }
  refuseUnusable(rotated)
  return { set: rotated, added, dropped }
}

/**
 * When a key stopped to sign, or will, in seconds since 1970: as soon as a newer one of its algorithm has been
 * published long enough. Never while it is the newest.
 */
export function supersededAtOf(key: PrivateJwk, keys: PrivateJwk[]): number | undefined {
  const newer = keys.filter(({ alg, iat = 0 }) => alg === key.alg && iat > madeAt(key)).map(madeAt)
  return newer.length === 0 ? undefined : Math.min(...newer) + publishedBeforeSigningSeconds
}

/** The last second that a key must stay: a server may have been late to take its successor. */
export function droppedAfter(supersededAt: number, keepSeconds: number): number {
  return supersededAt + keepSeconds + publishedBeforeSigningSeconds
}
