import { AppError, publicError, type Reason, reasons } from '@tasklane/api'
import { expect, it } from 'vitest'
import { refusalHeaders } from './refusal-headers.ts'

const headersOf = (...refusals: AppError[]) =>
  refusalHeaders(refusals.map((error) => publicError(error).data))
const challengeOf = (...of: Reason[]) =>
  headersOf(...of.map((reason) => new AppError(reason)))['www-authenticate']

it.each([
  [
    ['TOKEN_INVALID'],
    'Bearer realm="tasklane", error="invalid_token", error_description="Invalid or expired token"',
  ],
  [['TOKEN_EXPIRED'], 'Bearer realm="tasklane", error="invalid_token", error_description="Token expired"'],
  [
    ['TOKEN_FORMAT_INVALID'],
    'Bearer realm="tasklane", error="invalid_token", error_description="Invalid token format"',
  ],
  [['SCOPE_INSUFFICIENT'], 'Bearer realm="tasklane", error="insufficient_scope", scope="write"'],
  [['AUTHENTICATION_REQUIRED'], 'Bearer realm="tasklane"'],
  [['CREDENTIALS_INVALID'], 'Bearer realm="tasklane"'],
  [['REFRESH_TOKEN_INVALID'], 'Bearer realm="tasklane"'],
  [
    ['CREDENTIALS_INVALID', 'TOKEN_EXPIRED', 'TASK_NOT_FOUND'],
    'Bearer realm="tasklane", error="invalid_token", error_description="Token expired"',
  ],
  [
    ['TASK_NOT_FOUND', 'SCOPE_INSUFFICIENT'],
    'Bearer realm="tasklane", error="insufficient_scope", scope="write"',
  ],
  [['TASK_NOT_FOUND', 'RATE_LIMITED'], undefined],
  [[], undefined],
] as [Reason[], string | undefined][])('%j is challenged with %s', (of, challenge) => {
  expect(challengeOf(...of)).toBe(challenge)
})

it('challenges every 401, and of the others only what another scope would allow', () => {
  for (const reason of Object.keys(reasons) as Reason[]) {
    const isChallenged = new AppError(reason).httpStatus === 401 || reason === 'SCOPE_INSUFFICIENT'
    expect(challengeOf(reason) !== undefined, reason).toBe(isChallenged)
  }
})

it('holds no character that RFC 6750 forbids in a description', () => {
  for (const reason of Object.keys(reasons) as Reason[]) {
    const [, description = ''] = /error_description="(.*)"$/.exec(challengeOf(reason) ?? '') ?? []
    expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/)
  }
})

it('says when to come back to the longest of the waits', () => {
  const busy = new AppError('TOO_BUSY', { retryAfterSeconds: 1 })
  const limited = new AppError('RATE_LIMITED', { retryAfterSeconds: 42 })
  expect(headersOf(busy, limited, new AppError('TASK_NOT_FOUND'))).toEqual({ 'retry-after': '42' })
})
