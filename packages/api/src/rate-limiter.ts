import ipaddr from 'ipaddr.js'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from './errors.ts'

/** Attempts that are allowed in a window. 0 turns a limit off. */
export interface RateLimits {
  /** Log-ins per minute for one address and one identifier. Default 5. */
  logInPerMinute: number
  /** Log-ins per minute for one address. Default 20. */
  logInPerAddressPerMinute: number
  /** Sign-ups per hour for one address. Default 10. */
  signUpPerHour: number
  /** Refreshes per minute for one session. Default 30. */
  refreshPerMinute: number
}

export type RateLimitName = keyof RateLimits

/** One more attempt against one limit. */
export interface Attempt {
  limit: RateLimitName
  key: string
  /** Called at the first refusal of a window only, to record it without a row for each refused call. */
  onFirstRefusal?: () => Promise<void> | void
}

/** Counts attempts inside the procedures, so that a batch of a hundred calls is a hundred attempts. */
export interface RateLimiter {
  /** @throws AppError `RATE_LIMITED` when the window has no attempt left. */
  consume(attempt: Attempt): Promise<void>
}

const windowSeconds: Record<RateLimitName, number> = {
  logInPerMinute: 60,
  logInPerAddressPerMinute: 60,
  signUpPerHour: 3600,
  refreshPerMinute: 60,
}

/** Counts in the memory of this process. */
export function createRateLimiter(limits: RateLimits): RateLimiter {
  const limiters = new Map<RateLimitName, RateLimiterMemory>()
  for (const name of Object.keys(windowSeconds) as RateLimitName[]) {
    if (limits[name] === 0) continue
    limiters.set(
      name,
      new RateLimiterMemory({ points: limits[name], duration: windowSeconds[name], keyPrefix: name }),
    )
  }
  return {
    async consume({ limit, key, onFirstRefusal }) {
      const limiter = limiters.get(limit)
      if (!limiter) return
      try {
        await limiter.consume(key)
      } catch (refusal) {
        const { msBeforeNext, consumedPoints } = refusal as RateLimiterRes
        if (consumedPoints === limits[limit] + 1) await onFirstRefusal?.()
        throw new AppError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(msBeforeNext / 1000) })
      }
    },
  }
}

/** What an address counts as: one host has a whole IPv6 /64 to choose from. */
export function addressKey(ipAddress: string | undefined): string {
  if (ipAddress === undefined || !ipaddr.isValid(ipAddress)) return ipAddress ?? 'in-process'
  const address = ipaddr.process(ipAddress)
  if (address.kind() === 'ipv4') return address.toString()
  return Buffer.from(address.toByteArray().slice(0, 8)).toString('hex')
}
