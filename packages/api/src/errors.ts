import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { ZodError } from 'zod'
import { type ErrorShape, type InputIssue, type Reason, type ReasonDefinition, reasons } from './reasons.ts'
import { MalformedInputError } from './transformer.ts'

/** A refusal that its caller may read. Everything else leaves the server without its text. */
export class AppError extends TRPCError {
  override name = 'AppError'
  readonly reason: Reason
  readonly httpStatus: number
  readonly retryAfterSeconds: number | undefined

  /** `message` replaces the reason's own text. `cause` is logged and never sent. */
  constructor(
    reason: Reason,
    options: { message?: string; retryAfterSeconds?: number | undefined; cause?: unknown } = {},
  ) {
    const definition: ReasonDefinition = reasons[reason]
    const { code, message } = definition
    super({ code, message: options.message ?? message, cause: options.cause })
    this.reason = reason
    this.httpStatus = definition.httpStatus ?? getHTTPStatusCodeFromError(this)
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

const issuesMax = 50

/** tRPC's own refusals. A code that is not here is ours to hide. */
const reasonOfCode: Partial<Record<TRPCError['code'], Reason>> = {
  PARSE_ERROR: 'INPUT_MALFORMED',
  BAD_REQUEST: 'REQUEST_INVALID',
  NOT_FOUND: 'PROCEDURE_NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'METHOD_NOT_SUPPORTED',
  UNSUPPORTED_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
}

/** What of an error may leave the server, by list: our own refusals and refused fields, nothing else. */
export function publicError(error: TRPCError, path?: string): ErrorShape {
  const refusal = error instanceof AppError ? error : refusalOf(error)
  const isRefusedInput = refusal.reason === 'INPUT_INVALID' && error.cause instanceof ZodError
  const issues = isRefusedInput ? issuesOf(error.cause) : undefined
  return {
    message: issues ? messageOf(issues) : refusal.message,
    code: TRPC_ERROR_CODES_BY_KEY[refusal.code],
    data: {
      code: refusal.code,
      httpStatus: refusal.httpStatus,
      reason: refusal.reason,
      ...(path !== undefined && { path }),
      ...(issues && { issues }),
      ...(refusal.retryAfterSeconds !== undefined && { retryAfterSeconds: refusal.retryAfterSeconds }),
    },
  }
}

function refusalOf(error: TRPCError): AppError {
  const { cause, code, message } = error
  if (code === 'BAD_REQUEST') {
    if (cause instanceof ZodError) return new AppError('INPUT_INVALID')
    if (cause instanceof MalformedInputError)
      return new AppError('INPUT_MALFORMED', { message: cause.message })
    if (cause instanceof SyntaxError) return new AppError('INPUT_MALFORMED')
    if (message.startsWith('Cannot mix procedure types')) return new AppError('BATCH_MIXED')
  }
  return new AppError(reasonOfCode[code] ?? 'INTERNAL')
}

function issuesOf(error: ZodError): InputIssue[] {
  const issues = error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    return issue.keys.map((key) => ({ path: [...path, key], message: 'Unknown field' }))
  })
  return issues.slice(0, issuesMax)
}

function messageOf([first]: InputIssue[]): string {
  if (!first || first.path.length === 0) return first ? `Invalid input: ${first.message}` : 'Invalid input'
  return `Invalid input at "${first.path.join('.')}": ${first.message}`
}
