import type { InputIssue } from '@tasklane/api'

/** What came of a call, in words of the contract whatever the door. */
export interface Outcome {
  /** Absent in process. */
  httpStatus?: number
  /** Absent in process. */
  headers?: Record<string, unknown>
  /** Absent where the answer has no body, as a refusal has none. */
  answer?: unknown
  refusal?: Refusal
}

export interface Refusal {
  reason: string
  httpStatus: number
  message: string
  issues?: InputIssue[] | undefined
  retryAfterSeconds?: number | undefined
  task?: unknown
  index?: number | undefined
}

/** Of what an answer says in its head: all that callers act on. */
const headerNames = [
  'retry-after',
  'www-authenticate',
  'ratelimit',
  'ratelimit-limit',
  'ratelimit-policy',
  'ratelimit-remaining',
  'ratelimit-reset',
]

/** What every call differs in. */
const secrets = ['accessToken', 'refreshToken', 'token', 'nextCursor']
const seconds = ['retryAfterSeconds', 'retry-after', 'ratelimit', 'ratelimit-reset']

/** An outcome without what differs each time. The same id stays the same, the caller's address is named. */
export function comparable({ headers, answer, refusal }: Outcome, ipAddress: string): object {
  const ids = new Map<string, string>()
  const told = headers && Object.fromEntries(headerNames.map((name) => [name, headers[name]]))
  const steady = (value: unknown, field = ''): unknown => {
    if (value === undefined || value === null) return value
    if (seconds.includes(field)) return '<seconds>'
    if (value instanceof Date) return '<instant>'
    if (Array.isArray(value)) return value.map((each) => steady(each))
    if (typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, steady(each, name)]))
    if (typeof value !== 'string') return value
    if (secrets.includes(field)) return '<secret>'
    if (value === ipAddress) return '<address>'
    if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value)) {
      ids.set(value, ids.get(value) ?? `<id ${ids.size + 1}>`)
      return ids.get(value)
    }
    return value.replace(/(person|newcomer)-\d+/g, '$1-N')
  }
  return steady({
    ...(told && { headers: told }),
    ...(answer !== undefined && { answer }),
    ...(refusal && { refusal }),
  }) as object
}
