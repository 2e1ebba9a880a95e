import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2'
import pLimit from 'p-limit'
import { AppError } from '../../errors.ts'

/** OWASP Password Storage: argon2id (the library's default) with 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Above these a stored hash is refused, not obeyed: its parameters would choose our memory. */
const memoryCostMax = 65_536
const timeCostMax = 10
const parallelismMax = 4

export interface PasswordHasherOptions {
  /** Hashes computed at once. Default: the number of cores, at most 3. */
  inFlightMax: number
  /** Hashes that may wait for their turn. Default 100. */
  queueMax: number
}

/** @throws AppError `TOO_BUSY` when the queue is full. */
export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** An account without a hash that can be read costs the same time as one with, and never verifies. */
  verify(storedHash: string | undefined, password: string): Promise<boolean>
}

export function createPasswordHasher({ inFlightMax, queueMax }: PasswordHasherOptions): PasswordHasher {
  const limit = pLimit(inFlightMax)
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.activeCount + limit.pendingCount >= inFlightMax + queueMax)
      throw new AppError('TOO_BUSY', { retryAfterSeconds: 1 })
    return limit(work)
  }
  const hashNow = (password: string) => argon2Hash(password.normalize('NFC'), parameters)
  const verifyNow = (hash: string, password: string) => argon2Verify(hash, password.normalize('NFC'))
  const dummyHash = hashNow('the password of nobody')

  return {
    hash: async (password) => inTurn(() => hashNow(password)),
    verify: async (storedHash, password) =>
      inTurn(async () => {
        if (storedHash !== undefined && hasBoundedParameters(storedHash)) {
          const answer = await verifyNow(storedHash, password).catch(() => 'unreadable' as const)
          if (answer !== 'unreadable') return answer
        }
        await verifyNow(await dummyHash, password)
        return false
      }),
  }
}

function hasBoundedParameters(storedHash: string): boolean {
  const match = /^\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d{1,2})\$/.exec(storedHash)
  if (!match) return false
  const [memoryCost, timeCost, parallelism] = match.slice(1).map(Number) as [number, number, number]
  return memoryCost <= memoryCostMax && timeCost <= timeCostMax && parallelism <= parallelismMax
}
