/** The sessions whose access tokens no longer count, though they have not expired. */
export interface Revocations {
  has(sessionId: string): boolean
  /** Refuses the session's access tokens from now on, on this process. */
  add(sessionId: string): void
}

/** Longer than any clock tolerance: a token outlives its time by less. */
export const revocationMarginSeconds = 60

interface Options {
  /** Life of an access token: longer need nothing be remembered. */
  accessTokenTtlSeconds: number
  now: () => Date
}

/** Keeps revocations in the memory of this process, for as long as a token could outlive them. */
export function createRevocations({ accessTokenTtlSeconds, now }: Options): Revocations {
  const forgetAt = new Map<string, number>()

  function forgetOld(): void {
    for (const [sessionId, at] of forgetAt) {
      if (at > now().getTime()) return
      forgetAt.delete(sessionId)
    }
  }

  return {
    has: (sessionId) => forgetAt.has(sessionId),
    add: (sessionId) => {
      forgetOld()
      forgetAt.set(sessionId, now().getTime() + (accessTokenTtlSeconds + revocationMarginSeconds) * 1000)
    },
  }
}
