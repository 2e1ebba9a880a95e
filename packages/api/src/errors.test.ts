import { TRPCError } from '@trpc/server'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AppError, publicError } from './errors.ts'
import { isReason, reasons } from './reasons.ts'

const secret = 'select password_hash from users -- $argon2id$v=19$secret'

describe('what leaves the server of an error', () => {
  it.each(Object.keys(reasons).filter(isReason))('is the reason, code, status and text of %s', (reason) => {
    const error = publicError(new AppError(reason, { cause: new Error(secret) }), 'tasks.get')
    expect(error).toMatchObject({
      message: reasons[reason].message,
      data: { reason, code: reasons[reason].code },
    })
    expect(error.data.httpStatus).toBeGreaterThanOrEqual(400)
    expect(JSON.stringify(error)).not.toContain('argon2')
  })

  it.each([
    'INTERNAL_SERVER_ERROR',
    'BAD_REQUEST',
    'NOT_FOUND',
    'UNAUTHORIZED',
    'FORBIDDEN',
    'CONFLICT',
    'TIMEOUT',
    'PAYLOAD_TOO_LARGE',
  ] as const)('is nothing of the text of an error that is not ours: %s', (code) => {
    for (const error of [
      new TRPCError({ code, message: secret }),
      new TRPCError({ code, cause: new Error(secret) }),
    ]) {
      const shape = publicError(error)
      expect(JSON.stringify(shape)).not.toContain('select')
      expect(isReason(shape.data.reason)).toBe(true)
    }
  })

  it('is nothing of the fields that a check of ours, not of the input, refused', () => {
    const { error: cause } = z.object({ passwordHash: z.string() }).safeParse({})
    const refusals = [
      new AppError('TOKEN_INVALID', { cause }),
      new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause }),
    ]
    for (const shape of refusals.map((refusal) => publicError(refusal))) {
      expect(shape.data).not.toHaveProperty('issues')
      expect(JSON.stringify(shape)).not.toContain('passwordHash')
    }
  })

  it('tells how long to wait', () => {
    const error = publicError(new AppError('TOO_BUSY', { retryAfterSeconds: 3 }))
    expect(error.data).toEqual({
      code: 'SERVICE_UNAVAILABLE',
      httpStatus: 503,
      reason: 'TOO_BUSY',
      retryAfterSeconds: 3,
    })
  })
})
