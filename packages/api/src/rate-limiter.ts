import ipaddr from 'ipaddr.js'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'

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
  /** Mails per hour to one email address. Default 5. */
  mailPerHour: number
  /** Mails per hour that one address asks for. Default 20. */
  mailPerAddressPerHour: number
}

export type RateLimitName = keyof RateLimits

/** One more attempt against one limit. */
export interface Attempt {
  limit: RateLimitName
  key: string
}

/** How a limit stands. */
export interface RateLimitState {
  name: RateLimitName
  /** Attempts in a window. */
  attemptsMax: number
  windowSeconds: number
  remaining: number
  /** Until the window starts anew. */
  resetSeconds: number
  isRefused: boolean
}

/** Counts attempts inside the procedures, so that a batch of a hundred calls is a hundred attempts. */
export interface RateLimiter {
  /** Counts an attempt. Gives `undefined` when the limit is turned off. */
  count(attempt: Attempt): Promise<RateLimitState | undefined>
  /** Says whether an attempt would be refused, and counts it only then. */
  check(attempt: Attempt): Promise<RateLimitState | undefined>
}

const windows: Record<RateLimitName, number> = {
  logInPerMinute: 60,
  logInPerAddressPerMinute: 60,
  signUpPerHour: 3600,
  refreshPerMinute: 60,
  mailPerHour: 3600,
  mailPerAddressPerHour: 3600,
}

/** Counts in the memory of this process. */
export function createRateLimiter(limits: RateLimits): RateLimiter {
  const limiters = new Map<RateLimitName, RateLimiterMemory>()
  for (const name of Object.keys(windows) as RateLimitName[]) {
    if (limits[name] === 0) continue
    limiters.set(
      name,
      new RateLimiterMemory({ points: limits[name], duration: windows[name], keyPrefix: name }),
    )
  }

  function stateOf(name: RateLimitName, { msBeforeNext, consumedPoints }: RateLimiterRes): RateLimitState {
    const attemptsMax = limits[name]
    return {
      name,
      attemptsMax,
      windowSeconds: windows[name],
      remaining: Math.max(0, attemptsMax - consumedPoints),
      resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
      isRefused: consumedPoints > attemptsMax,
    }
  }

  async function count({ limit, key }: Attempt): Promise<RateLimitState | undefined> {
    const limiter = limiters.get(limit)
    if (!limiter) return undefined
    try {
      return stateOf(limit, await limiter.consume(key))
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal
      return stateOf(limit, refusal as RateLimiterRes)
    }
  }

  return {
    count,
    async check(attempt) {
      const counted = await limiters.get(attempt.limit)?.get(attempt.key)
      if (!counted) return undefined
      return counted.consumedPoints >= limits[attempt.limit]
        ? await count(attempt)
        : stateOf(attempt.limit, counted)
    },
  }
}

/** What an address counts as: one host has a whole IPv6 /64 to choose from. */
export function addressKey(ipAddress: string | undefined): string {
  return networkOf(ipAddress) ?? ipAddress ?? 'in-process'
}

/** The network that one host has to itself: an IPv4 address, or an IPv6 /64. */
export function networkOf(ipAddress: string | undefined): string | undefined {
  if (ipAddress === undefined || !ipaddr.isValid(ipAddress)) return undefined
  const address = ipaddr.process(ipAddress)
  if (address.kind() === 'ipv4') return `${address}/32`
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`)}/64`
}
