import type { RateLimitState } from '@tasklane/api'

/** What browsers must be allowed to read. */
export const rateLimitHeaderNames = [
  'ratelimit',
  'ratelimit-limit',
  'ratelimit-policy',
  'ratelimit-remaining',
  'ratelimit-reset',
]

/**
 * Says how the tightest of the limits stands that a request has met: the one with the fewest attempts
 * left, then the one that takes longest to start anew. None when it has met none.
 * draft-ietf-httpapi-ratelimit-headers-10, and the three headers that were in use before it.
 */
export function rateLimitHeaders(states: readonly RateLimitState[]): Record<string, string> {
  const [tightest] = [...states].sort(
    (one, other) => one.remaining - other.remaining || other.resetSeconds - one.resetSeconds,
  )
  if (!tightest) return {}
  const { attemptsMax, windowSeconds, remaining, resetSeconds } = tightest
  const name = kebabCase(tightest.name)
  return {
    'ratelimit-policy': `"${name}";q=${attemptsMax};w=${windowSeconds}`,
    ratelimit: `"${name}";r=${remaining};t=${resetSeconds}`,
    'ratelimit-limit': String(attemptsMax),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetSeconds),
  }
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
