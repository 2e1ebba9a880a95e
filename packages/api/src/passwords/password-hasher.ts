import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2'
import { verify as bcryptVerify, parseOptions } from '@node-rs/bcrypt'
import pLimit from 'p-limit'
import { AppError } from '../errors.ts'

/** OWASP Password Storage: argon2id (the library's default) with 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const { memoryCost, timeCost, parallelism } = parameters
const prefix = `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`

/** Above these a stored hash is refused, not obeyed: its parameters would choose our memory and time. */
const memoryCostMax = 65_536
const timeCostMax = 10
const parallelismMax = 4
/** Powers of two: 13 takes about a third of a second of one core. */
const bcryptCostMax = 13

export interface PasswordHasherOptions {
  /** Hashes computed at once. Default: the number of cores, at most 3. */
  inFlightMax: number
  /** Hashes that may wait for their turn. Default 100. */
  queueMax: number
}

/** @throws AppError `TOO_BUSY` when the queue is full. */
export interface PasswordHasher {
  /** Argon2id of the NFC form. */
  hash(password: string): Promise<string>
  /**
   * Reads argon2id, and the bcrypt (`$2a$`, `$2b$`, `$2y$`) of older backends. An account without a hash that
   * can be read costs the same time as one with argon2id, and never verifies. A bcrypt hash takes the time of
   * its own cost, until `needsRehash` has it replaced.
   */
  verify(storedHash: string | undefined, password: string): Promise<boolean>
  /** Whether the hash was made in another way than `hash` makes it: to be replaced once it has verified. */
  needsRehash(storedHash: string): boolean
  /** What runs and what waits at this moment. */
  load(): { inFlight: number; waiting: number }
}

export function createPasswordHasher({ inFlightMax, queueMax }: PasswordHasherOptions): PasswordHasher {
  const limit = pLimit(inFlightMax)
  let inFlight = 0

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    inFlight += 1
    try {
      return await work()
    } finally {
      inFlight -= 1
    }
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (limit.activeCount + limit.pendingCount >= inFlightMax + queueMax)
      throw new AppError('TOO_BUSY', { retryAfterSeconds: 1 })
    return limit(() => counted(work))
  }
  const hashNow = (password: string) => argon2Hash(password.normalize('NFC'), parameters)
  const dummyHash = hashNow('the password of nobody')

  return {
    hash: async (password) => inTurn(() => hashNow(password)),
    verify: async (storedHash, password) =>
      inTurn(async () => {
        const answer = await answerOf(storedHash ?? '', password)
        if (answer !== undefined) return answer
        await argon2Verify(await dummyHash, password.normalize('NFC'))
        return false
      }),
    needsRehash: (storedHash) => !storedHash.startsWith(prefix),
    load: () => ({ inFlight, waiting: limit.pendingCount }),
  }
}

/** Undefined when the hash cannot be read, or asks for too much. */
async function answerOf(storedHash: string, password: string): Promise<boolean | undefined> {
  if (isBoundedArgon2id(storedHash))
    return argon2Verify(storedHash, password.normalize('NFC')).catch(() => undefined)
  if (isBoundedBcrypt(storedHash)) return bcryptAnswerOf(storedHash, password)
  return undefined
}

/** As typed too: older backends did not normalise. */
async function bcryptAnswerOf(storedHash: string, password: string): Promise<boolean | undefined> {
  // Bcrypt repeats the password and a NUL after it until it has 72 bytes: "a\0a" would verify as "a".
  if (password.includes('\0')) return undefined
  const normalized = password.normalize('NFC')
  if (await bcryptVerify(normalized, storedHash)) return true
  return normalized !== password && bcryptVerify(password, storedHash)
}

function isBoundedArgon2id(storedHash: string): boolean {
  const match = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d{1,2})\$/.exec(storedHash)
  if (!match) return false
  const [memory, passes, lanes] = match.slice(1).map(Number) as [number, number, number]
  return memory <= memoryCostMax && passes <= timeCostMax && lanes <= parallelismMax
}

function isBoundedBcrypt(storedHash: string): boolean {
  if (!/^\$2[aby]\$/.test(storedHash)) return false
  try {
    return parseOptions(storedHash).cost <= bcryptCostMax
  } catch {
    return false
  }
}
