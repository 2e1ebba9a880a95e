import { TRPCError } from '@trpc/server'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AppError, inputRefusal, publicError } from './errors.ts'
import type { Task } from './features/tasks/contract.ts'
import { contradiction } from './json-form.ts'
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

  it.each([
    ['VERSION_CONFLICT', 409],
    ['TASK_ID_TAKEN', 409],
    ['TASK_NOT_IN_TRASH', 409],
    ['TASK_FORBIDDEN', 403],
    ['TASK_NOT_FOUND', 404],
    ['ANSWER_TOO_LARGE', 400],
  ] as const)('is the HTTP status of %s: %i', (reason, httpStatus) => {
    expect(publicError(new AppError(reason)).data).toEqual({
      code: reasons[reason].code,
      httpStatus,
      reason,
    })
  })

  it('is the task as it is, and the refused fields, where the refusal has them', () => {
    const issues = [{ path: ['tags', 1], message: 'Too long' }]
    const error = new AppError('VERSION_CONFLICT', { task, issues, cause: new Error(secret) })
    expect(publicError(error, 'tasks.update').data).toStrictEqual({
      code: 'CONFLICT',
      httpStatus: 409,
      reason: 'VERSION_CONFLICT',
      path: 'tasks.update',
      task,
      issues,
    })
  })
})

const task: Task = {
  id: '00000000-0000-4000-8000-000000000000',
  userId: '00000000-0000-4000-8000-000000000001',
  title: 'x',
  description: null,
  completed: false,
  completedAt: null,
  priority: null,
  dueDate: null,
  tags: [],
  version: 2,
  createdAt: new Date(0),
  updatedAt: new Date(1),
  deletedAt: null,
}

describe('the refusal of one operation among many', () => {
  it('is the same refusal, and which operation it was', () => {
    const cause = new Error(secret)
    const one = new AppError('TASK_ID_TAKEN', { task, message: 'Taken', cause })
    const among = one.at(3)
    expect(publicError(among)).toStrictEqual({
      ...publicError(one),
      data: { ...publicError(one).data, index: 3 },
    })
    expect(among).toMatchObject({ cause, message: 'Taken', httpStatus: 409 })
    expect(publicError(one).data).not.toHaveProperty('index')
  })

  it('is of the first operation when that is 0', () => {
    expect(publicError(new AppError('TASK_NOT_FOUND').at(0)).data).toHaveProperty('index', 0)
  })
})

describe('the refusal of an input', () => {
  const refuse = (type: z.ZodType, value: unknown) => {
    const { error } = type.safeParse(value)
    return inputRefusal(error ?? new z.ZodError([])).details.issues
  }

  it('names each field, and each unknown one by its own name', () => {
    const type = z.strictObject({ title: z.string(), inner: z.strictObject({ tags: z.array(z.string()) }) })
    const issues = refuse(type, { title: 7, inner: { tags: ['a', 8], more: 1 }, colour: 'red', size: 1 })
    expect(issues?.map(({ path }) => path)).toEqual([
      ['title'],
      ['inner', 'tags', 1],
      ['inner', 'more'],
      ['colour'],
      ['size'],
    ])
  })

  it('is a contradiction where fields do not fit together, and only where each is right by itself', () => {
    const type = z.object({ from: z.int(), to: z.int() }).check(({ value, issues }) => {
      if (value.from > value.to)
        issues.push(contradiction({ path: ['to'], input: value.to, message: 'Ends before it starts' }))
      if (value.from < 0)
        issues.push({ code: 'custom', path: ['from'], input: value.from, message: 'Too early' })
    })
    const reasonOf = (value: unknown) =>
      inputRefusal(type.safeParse(value).error ?? new z.ZodError([])).reason
    expect(reasonOf({ from: 2, to: 1 })).toBe('INPUT_CONTRADICTORY')
    expect(reasonOf({ from: -1, to: 1 })).toBe('INPUT_INVALID')
    expect(reasonOf({ from: -1, to: -2 })).toBe('INPUT_INVALID')
    expect(reasonOf({ from: 'x', to: 1 })).toBe('INPUT_INVALID')
    expect(refuse(type, { from: 2, to: 1 })).toEqual([{ path: ['to'], message: 'Ends before it starts' }])
  })

  it('names 50 fields at most', () => {
    const many = Array.from({ length: 200 }, () => 7)
    expect(refuse(z.array(z.string()), many)).toHaveLength(50)
    const unknown = Object.fromEntries(many.map((value, index) => [`field${index}`, value]))
    expect(refuse(z.strictObject({}), unknown)).toHaveLength(50)
  })
})
