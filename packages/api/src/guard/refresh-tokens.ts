import { createHmac, timingSafeEqual } from 'node:crypto'
import { parse, stringify } from 'uuid'

/** Which sign-in a refresh token belongs to, and the how manieth of its chain it is. */
export interface RefreshTokenContent {
  sessionId: string
  generation: number
}

export interface RefreshTokenOptions {
  /** The first makes tokens; those of the others stay good. */
  keys: Uint8Array[]
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

/** Of this form. */
const version = 1
const versionLength = 1
const idLength = 16
const generationLength = 4
const macLength = 32
const contentLength = versionLength + idLength + generationLength
const tokenLength = contentLength + macLength

export function createRefreshTokens({
  keys,
  ttlSeconds,
  sessionTtlSeconds,
}: RefreshTokenOptions): RefreshTokens {
  const [newestKey] = keys
  if (!newestKey) throw new Error('Refresh tokens need a key.')
  const macOf = (key: Uint8Array, content: Uint8Array) => createHmac('sha256', key).update(content).digest()

  return {
    ttlSeconds,
    sessionTtlSeconds,
    issue({ sessionId, generation }) {
      const content = Buffer.alloc(contentLength)
      content.writeUInt8(version)
      content.set(parse(sessionId), versionLength)
      content.writeUInt32BE(generation, versionLength + idLength)
      return Buffer.concat([content, macOf(newestKey, content)]).toString('base64url')
    },
    read(token) {
      const bytes = Buffer.from(token, 'base64url')
      if (bytes.length !== tokenLength || bytes.toString('base64url') !== token) return undefined
      const content = bytes.subarray(0, contentLength)
      const mac = bytes.subarray(contentLength)
      if (content.readUInt8() !== version) return undefined
      if (!keys.some((key) => timingSafeEqual(macOf(key, content), mac))) return undefined
      return {
        sessionId: stringify(content.subarray(versionLength, versionLength + idLength)),
        generation: content.readUInt32BE(versionLength + idLength),
      }
    },
  }
}
