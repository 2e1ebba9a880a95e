import { createHash, randomBytes } from 'node:crypto'

/** Tells people and secret scanners what it is. */
export const apiTokenPrefix = 'tl_'

const secretBytes = 32
const checksumBytes = 4

/** A new API token: 256 random bits and a checksum that shows a mistyped one. */
export function newApiToken(): string {
  const secret = randomBytes(secretBytes)
  return apiTokenPrefix + Buffer.concat([secret, checksumOf(secret)]).toString('base64url')
}

/** Whether a text could be one of ours, without asking the database. */
export function isApiToken(text: string): boolean {
  const encoded = text.slice(apiTokenPrefix.length)
  const bytes = Buffer.from(encoded, 'base64url')
  if (!text.startsWith(apiTokenPrefix) || bytes.toString('base64url') !== encoded) return false
  if (bytes.length !== secretBytes + checksumBytes) return false
  return checksumOf(bytes.subarray(0, secretBytes)).equals(bytes.subarray(secretBytes))
}

/** What is stored of a token. */
export function hashApiToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}

function checksumOf(secret: Uint8Array): Buffer {
  return createHash('sha256').update(apiTokenPrefix).update(secret).digest().subarray(0, checksumBytes)
}
