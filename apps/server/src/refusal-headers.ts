import { type Reason, reasons } from '@tasklane/api'

interface Refusal {
  reason: Reason
  httpStatus: number
  retryAfterSeconds?: number | undefined
}

/** What the headers of an answer say about what was refused in it: how to authenticate, and when to come back. */
export function refusalHeaders(refusals: readonly Refusal[]): Record<string, string> {
  const challenge = challengeOf(refusals)
  const retryAfterSeconds = Math.max(0, ...refusals.map((refusal) => refusal.retryAfterSeconds ?? 0))
  return {
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(retryAfterSeconds > 0 && { 'retry-after': String(retryAfterSeconds) }),
  }
}

/** RFC 6750 §3. It says what is wrong with the credential only when one was shown. */
function challengeOf(refusals: readonly Refusal[]): string | undefined {
  const badToken = refusals.find(({ reason }) => tokenReasons.has(reason))
  if (badToken)
    return `${scheme}, error="invalid_token", error_description="${reasons[badToken.reason].message}"`
  if (refusals.some(({ reason }) => reason === 'SCOPE_INSUFFICIENT'))
    return `${scheme}, error="insufficient_scope", scope="write"`
  return refusals.some(({ httpStatus }) => httpStatus === 401) ? scheme : undefined
}

const scheme = 'Bearer realm="tasklane"'

const tokenReasons: ReadonlySet<Reason> = new Set<Reason>([
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'TOKEN_FORMAT_INVALID',
])
