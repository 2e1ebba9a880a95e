interface Tokens {
  accessToken: string
  refreshToken: string
}

interface Refreshed extends Tokens {
  expiresInSeconds: number
}

/** What the refreshes of this process brought. */
export interface RecentTokens {
  /** For a refresh token that was used up here, or was brought by it, while the access token is good. */
  of(refreshToken: string): Tokens | undefined
  remember(usedUp: string, refreshed: Refreshed): void
}

/** Time for a page to make its first calls. */
const remainderSeconds = 60

/** How long a token that was used up still finds what it was used for: an answer may be lost, and a cookie come late. */
const usedUpSeconds = 120

const rememberedMax = 10_000

export function createRecentTokens(): RecentTokens {
  const known = new Map<string, { tokens: Tokens; until: number }>()

  function set(key: string, tokens: Tokens, seconds: number): void {
    known.delete(key)
    known.set(key, { tokens, until: Date.now() + seconds * 1000 })
    const [oldest] = known.keys()
    if (known.size > rememberedMax && oldest !== undefined) known.delete(oldest)
  }

  return {
    of: (refreshToken) => {
      const found = known.get(refreshToken)
      if (found && found.until > Date.now()) return found.tokens
      known.delete(refreshToken)
      return undefined
    },
    remember: (usedUp, { expiresInSeconds, accessToken, refreshToken }) => {
      const tokens = { accessToken, refreshToken }
      const seconds = expiresInSeconds - remainderSeconds
      if (!(seconds > 0)) return
      set(refreshToken, tokens, seconds)
      set(usedUp, tokens, Math.min(seconds, usedUpSeconds))
    },
  }
}
