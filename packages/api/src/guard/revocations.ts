import type { UserPrincipal } from './principal.ts'

/** What no longer counts, though it has not expired: one session, one API token, or all that a user has. */
export type Revocation = { sessionId: string } | { tokenId: string } | { userId: string }

/** What this process knows of revocations. Asked at every signed-in call, so it never asks anybody. */
export interface Revocations {
  has(principal: UserPrincipal): boolean
  /** Refuses the credentials from now on, on this process. */
  add(revocation: Revocation): void
  /** Lets a user in again who was kept out. Sessions and tokens stay ended. */
  lift(revocation: { userId: string }): void
  /** Calls after each `add`, until the function that it gives is called. */
  onAdd(listener: () => void): () => void
}

/** Longer than any clock tolerance: a token outlives its time by less. */
export const revocationMarginSeconds = 60

interface Options {
  /** How long the guard remembers a credential at most, in seconds. Then it asks the database. */
  rememberedSeconds: number
  now: () => Date
}

/** Keeps revocations in the memory of this process, for as long as a credential could outlive them. */
export function createRevocations({ rememberedSeconds, now }: Options): Revocations {
  const forgetAt = new Map<string, number>()
  const listeners = new Set<() => void>()

  function forgetOld(): void {
    for (const [key, at] of forgetAt) {
      if (at > now().getTime()) return
      forgetAt.delete(key)
    }
  }

  return {
    has: (principal) => forgetAt.size > 0 && keysOf(principal).some((key) => forgetAt.has(key)),
    add: (revocation) => {
      forgetOld()
      const key = keyOf(revocation)
      // The map is in the order of time.
      forgetAt.delete(key)
      forgetAt.set(key, now().getTime() + (rememberedSeconds + revocationMarginSeconds) * 1000)
      for (const listener of listeners) listener()
    },
    lift: (revocation) => void forgetAt.delete(keyOf(revocation)),
    onAdd: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function keyOf(revocation: Revocation): string {
  if ('sessionId' in revocation) return `session ${revocation.sessionId}`
  if ('tokenId' in revocation) return `token ${revocation.tokenId}`
  return `user ${revocation.userId}`
}

function keysOf({ userId, credential }: UserPrincipal): string[] {
  const all = [keyOf({ userId })]
  if (credential.kind === 'session') all.push(keyOf(credential))
  if (credential.kind === 'api_token') all.push(keyOf(credential))
  return all
}
