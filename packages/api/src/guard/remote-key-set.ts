import { type CryptoKey, importJWK } from 'jose'
import { z } from 'zod'
import type { Logger } from '../context.ts'

export interface RemoteKeySetOptions {
  /** Where the issuer publishes its public keys, as a JWK Set. RFC 7517 §5. */
  url: string
  /** What its tokens may be signed with: some of `EdDSA`, `ES256` and `RS256`. No key fits another. */
  algorithms: readonly string[]
  now: () => Date
  /** A failed fetch is one warning, the recovery one info. */
  log: Logger
  /** Default: the runtime's. */
  fetch?: typeof fetch
}

export interface RemoteKeySet {
  /**
   * Finds the key that signed a token: the one of that `kid`, or, without a `kid`, the only one that fits.
   *
   * @returns `undefined` when the issuer has no such key, or more than one.
   * @throws KeySetUnavailableError when nothing is known and the provider gives no answer.
   */
  find(header: { alg: string; kid?: string }): Promise<CryptoKey | undefined>
}

/** The keys of an issuer cannot be had. The cause is in the log. */
export class KeySetUnavailableError extends Error {
  override name = 'KeySetUnavailableError'
}

export const keySetLimits = {
  /** For how long keys are used without asking again. Then they are used while one fetch asks. */
  freshSeconds: 600,
  /** From then on the answer is waited for: a key that was removed is not used longer. */
  waitedForSeconds: 1200,
  /** For how long after the last good answer keys are used while the provider is down. */
  staleSeconds: 24 * 3600,
  /** The least time from one fetch to the next, whatever is asked and whatever came of it. */
  coolDownSeconds: 30,
  /** How long a provider may take, to the end of its answer. */
  timeoutSeconds: 5,
  answerBytesMax: 256 * 1024,
  keysMax: 100,
  kidLengthMax: 256,
  rsaBitsMin: 2048,
} as const

interface PublishedKey {
  kid: string | undefined
  alg: string
  key: CryptoKey
}

interface Known {
  keys: PublishedKey[]
  fetchedAt: Date
}

/** Keeps the public keys of an issuer, and asks for them again when they are old or one is missing. */
export function createRemoteKeySet({
  url,
  algorithms,
  now,
  log,
  fetch: fetchAnswer = fetch,
}: RemoteKeySetOptions): RemoteKeySet {
  const { origin, pathname } = new URL(url)
  const place = `${origin}${pathname}`
  const importKeys = createImporter(algorithms)
  let known: Known | undefined
  let askedAt: Date | undefined
  let asking: Promise<void> | undefined
  let failing = false

  /** A clock that was set back counts as one that was set forward: what is old is asked for again. */
  const secondsSince = (instant: Date) => Math.abs(now().getTime() - instant.getTime()) / 1000

  function usableKeys(): PublishedKey[] | undefined {
    if (known && secondsSince(known.fetchedAt) >= keySetLimits.staleSeconds) known = undefined
    return known?.keys
  }

  function ask(): Promise<void> {
    if (asking !== undefined) return asking
    if (askedAt && secondsSince(askedAt) < keySetLimits.coolDownSeconds) return Promise.resolve()
    askedAt = now()
    asking = refresh(askedAt).finally(() => {
      asking = undefined
    })
    return asking
  }

  async function refresh(fetchedAt: Date): Promise<void> {
    try {
      const published = await fetchKeys(url, fetchAnswer)
      const privateKeys = published.filter(isPrivate).length
      if (privateKeys > 0)
        log.warn(
          { event: 'key_set_private', url: place, privateKeys },
          'private keys are published: not used',
        )
      known = { keys: await importKeys(published), fetchedAt }
    } catch (error) {
      failing = true
      log.warn({ event: 'key_set_failed', url: place, reason: reasonOf(error) }, 'keys could not be fetched')
      return
    }
    if (failing) log.info({ event: 'key_set_recovered', url: place }, 'keys are fetched again')
    failing = false
  }

  return {
    async find(header) {
      if (!algorithms.includes(header.alg)) return undefined
      const ageSeconds = known ? secondsSince(known.fetchedAt) : Infinity
      const key = select(usableKeys() ?? [], header)
      if (key && ageSeconds < keySetLimits.waitedForSeconds) {
        if (ageSeconds >= keySetLimits.freshSeconds) void ask()
        return key
      }
      await ask()
      const keys = usableKeys()
      if (!keys) throw new KeySetUnavailableError(`The keys at ${place} cannot be had.`)
      return select(keys, header)
    },
  }
}

function select(keys: PublishedKey[], { alg, kid }: { alg: string; kid?: string }): CryptoKey | undefined {
  const fitting = keys.filter((key) => key.alg === alg && (kid === undefined || key.kid === kid))
  return fitting.length === 1 ? fitting[0]?.key : undefined
}

/** A failure whose text is ours, so that it may stand in the log. */
class AnswerError extends Error {
  override name = 'AnswerError'
}

function reasonOf(error: unknown): string {
  if (error instanceof AnswerError) return error.message
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return `no whole answer in ${keySetLimits.timeoutSeconds} s`
  const { cause } = error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no usable answer'
}

async function fetchKeys(url: string, fetchAnswer: typeof fetch): Promise<unknown[]> {
  const signal = AbortSignal.timeout(keySetLimits.timeoutSeconds * 1000)
  const res = await fetchAnswer(url, { redirect: 'error', signal, headers: { accept: 'application/json' } })
  if (res.status !== 200) {
    await res.body?.cancel()
    throw new AnswerError(`status ${res.status}`)
  }
  const { success, data } = KeySet.safeParse(parseJson(await readBounded(res, signal)))
  if (!success) throw new AnswerError(`no array "keys" of at most ${keySetLimits.keysMax}`)
  return data.keys
}

const KeySet = z.object({ keys: z.array(z.unknown()).max(keySetLimits.keysMax) })

/** Node 20 forgets the signal of a fetch once its answer has begun, so the reader is ended by hand. */
async function readBounded(res: Response, signal: AbortSignal): Promise<Uint8Array> {
  const reader = res.body?.getReader()
  if (!reader) return new Uint8Array()
  const end = () => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', end)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return Buffer.concat(chunks)
      size += value.length
      if (size > keySetLimits.answerBytesMax)
        throw new AnswerError(`over ${keySetLimits.answerBytesMax} bytes`)
      chunks.push(value)
    }
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new AnswerError('not JSON')
  }
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

function isPrivate(jwk: unknown): boolean {
  return (
    typeof jwk === 'object' && jwk !== null && privateMembers.some((member) => Object.hasOwn(jwk, member))
  )
}

/** The public members of the keys that are used. RFC 7518 §6.2.1 and §6.3.1, RFC 8037 §2. */
const PublicKey = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() }),
  z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }),
  z.object({ kty: z.literal('RSA'), n: z.string(), e: z.string() }),
])

const algorithmOf = { OKP: 'EdDSA', EC: 'ES256', RSA: 'RS256' } as const

/** What a key says of its use. RFC 7517 §4. */
const KeyUse = z.object({
  kid: z.string().min(1).max(keySetLimits.kidLengthMax).optional(),
  use: z.literal('sig').optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes('verify'))
    .optional(),
  alg: z.string().optional(),
})

/** Imports each key once, and leaves out what cannot be used. */
function createImporter(algorithms: readonly string[]): (published: unknown[]) => Promise<PublishedKey[]> {
  let imported = new Map<string, CryptoKey>()

  return async (published) => {
    const before = imported
    imported = new Map()
    const keys: PublishedKey[] = []
    for (const jwk of published) {
      const material = PublicKey.safeParse(jwk).data
      const use = KeyUse.safeParse(jwk).data
      if (!material || !use || isPrivate(jwk)) continue
      const alg = algorithmOf[material.kty]
      if (!algorithms.includes(alg) || (use.alg ?? alg) !== alg) continue
      const identity = JSON.stringify(material)
      const key = imported.get(identity) ?? before.get(identity) ?? (await importKey(material, alg))
      if (!key) continue
      imported.set(identity, key)
      keys.push({ kid: use.kid, alg, key })
    }
    return keys
  }
}

async function importKey(jwk: z.infer<typeof PublicKey>, alg: string): Promise<CryptoKey | undefined> {
  const key = await importJWK(jwk, alg).catch(() => undefined)
  if (!key || key instanceof Uint8Array) return undefined
  const { modulusLength } = key.algorithm as { modulusLength?: number }
  return modulusLength !== undefined && modulusLength < keySetLimits.rsaBitsMin ? undefined : key
}
