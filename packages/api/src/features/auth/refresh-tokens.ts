import { createHmac, timingSafeEqual } from 'node:crypto'
import { parse, stringify } from 'uuid'

/** Which sign-in a refresh token belongs to, and the how manieth of its chain it is. */
export interface RefreshTokenContent {
  sessionId: string
  generation: number
}

export interface RefreshTokenOptions {
  key: Uint8Array
  /** Life of an unused token, from the last refresh on. Default 604 800 (7 days). */
  ttlSeconds: number
  /** Life of a session, from the log-in on. Default 2 592 000 (30 days). */
  sessionTtlSeconds: number
}

/**
 * Refresh tokens are derived from session and generation under a server key, so the database holds
 * nothing that could be used as one, and a made-up token is refused without a look into it.
 */
export interface RefreshTokens {
  ttlSeconds: number
  sessionTtlSeconds: number
  issue(content: RefreshTokenContent): string
  /** Gives `undefined` for a token that is not ours. */
  read(token: string): RefreshTokenContent | undefined
}

const idLength = 16
const generationLength = 4
const macLength = 32
const tokenLength = idLength + generationLength + macLength

export function createRefreshTokens({
  key,
  ttlSeconds,
  sessionTtlSeconds,
}: RefreshTokenOptions): RefreshTokens {
  const macOf = (content: Uint8Array) => createHmac('sha256', key).update(content).digest()

  return {
    ttlSeconds,
    sessionTtlSeconds,
    issue({ sessionId, generation }) {
      const content = Buffer.alloc(idLength + generationLength)
      content.set(parse(sessionId))
      content.writeUInt32BE(generation, idLength)
      return Buffer.concat([content, macOf(content)]).toString('base64url')
    },
    read(token) {
      const bytes = Buffer.from(token, 'base64url')
      if (bytes.length !== tokenLength || bytes.toString('base64url') !== token) return undefined
      const content = bytes.subarray(0, idLength + generationLength)
      if (!timingSafeEqual(macOf(content), bytes.subarray(content.length))) return undefined
      return {
        sessionId: stringify(content.subarray(0, idLength)),
        generation: content.readUInt32BE(idLength),
      }
    },
  }
}
