import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Makes texts unreadable for whoever lacks the key. */
export interface Seal {
  close(text: string): Uint8Array
  /** Gives `undefined` for what was not sealed here, or is not whole. */
  open(sealed: Uint8Array): string | undefined
  /** Stands for a text, and tells nothing of it: a password in it cannot be guessed by trying. */
  mark(text: string): Uint8Array
  isMarkOf(text: string, mark: Uint8Array): boolean
}

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Seals with the first key, and opens with each. Keys of 32 bytes. NIST SP 800-38D, RFC 2104. */
export function createSeal(keys: readonly Uint8Array[]): Seal {
  const [current] = keys
  if (!current) throw new RangeError('A seal needs a key')
  return {
    close(text) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, current, nonce)
      // What is sealed cannot be compressed any more, and it repeats itself.
      const body = Buffer.concat([cipher.update(deflateRawSync(text)), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body])
    },
    open(sealed) {
      for (const key of keys) {
        const text = openWith(key, Buffer.from(sealed))
        if (text !== undefined) return text
      }
      return undefined
    },
    mark: (text) => markWith(current, text),
    isMarkOf: (text, mark) =>
      keys.some((key) => {
        const own = markWith(key, text)
        return own.length === mark.length && timingSafeEqual(own, mark)
      }),
  }
}

/** With a key of its own, which comes of the one that seals. */
function markWith(key: Uint8Array, text: string): Buffer {
  const markKey = createHmac('sha256', key).update('mark').digest()
  return createHmac('sha256', markKey).update(text).digest()
}

function openWith(key: Uint8Array, sealed: Buffer): string | undefined {
  const body = sealed.subarray(nonceBytes + tagBytes)
  try {
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes))
    decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes))
    return inflateRawSync(Buffer.concat([decipher.update(body), decipher.final()])).toString()
  } catch {
    return undefined
  }
}
