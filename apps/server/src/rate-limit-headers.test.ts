import type { RateLimitState } from '@tasklane/api'
import { expect, it } from 'vitest'
import { rateLimitHeaderNames, rateLimitHeaders } from './rate-limit-headers.ts'

const state = (changes: Partial<RateLimitState> = {}): RateLimitState => ({
  name: 'logInPerMinute',
  attemptsMax: 5,
  windowSeconds: 60,
  remaining: 3,
  resetSeconds: 42,
  isRefused: false,
  ...changes,
})
const stated = (states: RateLimitState[]) => rateLimitHeaders(states)['ratelimit']

it('says how a limit stands, in the two ways that callers read', () => {
  const headers = rateLimitHeaders([state({ remaining: 0 })])
  expect(headers).toEqual({
    'ratelimit-policy': '"log-in-per-minute";q=5;w=60',
    ratelimit: '"log-in-per-minute";r=0;t=42',
    'ratelimit-limit': '5',
    'ratelimit-remaining': '0',
    'ratelimit-reset': '42',
  })
  expect(Object.keys(headers).sort()).toEqual([...rateLimitHeaderNames].sort())
})

it('says nothing when no limit was met', () => {
  expect(rateLimitHeaders([])).toEqual({})
})

it('chooses the limit with the fewest attempts left, then the one that takes longest to start anew', () => {
  const wide = state({ name: 'signUpPerHour', remaining: 9, resetSeconds: 3600 })
  const tight = state({ remaining: 1, resetSeconds: 5 })
  const tightAndLong = state({ name: 'mailPerAddressPerHour', remaining: 1, resetSeconds: 50 })
  for (const states of [
    [wide, tight, tightAndLong],
    [tightAndLong, tight, wide],
  ]) {
    expect(stated(states)).toBe('"mail-per-address-per-hour";r=1;t=50')
  }
  expect(stated([tight, wide])).toBe('"log-in-per-minute";r=1;t=5')
})
