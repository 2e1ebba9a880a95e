import { isDatabaseUnavailable } from '@tasklane/db'
import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { ZodError } from 'zod'
import { isContradiction } from './json-form.ts'
import {
  type ErrorData,
  type ErrorShape,
  type InputIssue,
  type Reason,
  type ReasonDefinition,
  reasons,
} from './reasons.ts'
import { MalformedInputError } from './transformer.ts'

/** What a refusal may tell beside its reason. */
type Details = Pick<ErrorData, 'issues' | 'retryAfterSeconds' | 'task' | 'index'>

interface AppErrorOptions extends Details {
  /** Replaces the reason's own text. */
  message?: string
  /** Is logged and never sent. */
  cause?: unknown
}

/** A refusal that its caller may read. Everything else leaves the server without its text. */
export class AppError extends TRPCError {
  override name = 'AppError'
  readonly reason: Reason
  readonly httpStatus: number
  readonly details: Details

  constructor(reason: Reason, { message, cause, ...details }: AppErrorOptions = {}) {
    const definition: ReasonDefinition = reasons[reason]
    super({ code: definition.code, message: message ?? definition.message, cause })
    this.reason = reason
    this.httpStatus = definition.httpStatus ?? getHTTPStatusCodeFromError(this)
    this.details = details
  }

  /** The same refusal of one operation among many. */
  at(index: number): AppError {
    const { reason, message, cause, details } = this
    return new AppError(reason, { ...details, message, cause, index })
  }
}

const issuesMax = 50
const nameLengthMax = 100
const databaseRetrySeconds = 5

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
  const { reason, code, httpStatus, message, details } = refusalOf(error)
  const told = Object.entries(details).filter(([, value]) => value !== undefined)
  return {
    message,
    code: TRPC_ERROR_CODES_BY_KEY[code],
    data: { code, httpStatus, reason, ...(path !== undefined && { path }), ...Object.fromEntries(told) },
  }
}

/** Says that the database is away, if that is why something failed. */
export function databaseRefusal(cause: unknown): AppError | undefined {
  if (!isDatabaseUnavailable(cause)) return undefined
  return new AppError('DATABASE_UNAVAILABLE', { retryAfterSeconds: databaseRetrySeconds, cause })
}

/** How a door spells the names of fields. */
export interface Spelling {
  /** Of the field of a contract. */
  name(field: string): string
  /** Of a text that may name fields, in double quotes. */
  text(message: string): string
}

/** As the contracts have them. */
export const plainSpelling: Spelling = { name: (field) => field, text: (message) => message }

/** An error of tRPC's as one of ours. */
export function refusalOf(error: TRPCError, spelling: Spelling = plainSpelling): AppError {
  if (error instanceof AppError) return error
  const { cause, code, message } = error
  const isAway = databaseRefusal(cause)
  if (isAway) return isAway
  if (code === 'BAD_REQUEST') {
    if (cause instanceof ZodError) return inputRefusal(cause, spelling)
    if (cause instanceof MalformedInputError)
      return new AppError('INPUT_MALFORMED', { message: cause.message })
    if (cause instanceof SyntaxError) return new AppError('INPUT_MALFORMED')
    if (message.startsWith('Cannot mix procedure types')) return new AppError('BATCH_MIXED')
  }
  return new AppError(reasonOfCode[code] ?? 'INTERNAL', { cause: cause ?? error })
}

/** What a contract refused, by name. */
export function inputRefusal(error: ZodError, spelling: Spelling = plainSpelling): AppError {
  const issues = issuesOf(error, spelling)
  const areContradictions = error.issues.every((issue) => issue.code === 'custom' && isContradiction(issue))
  return refuseInput(issues, areContradictions ? 'INPUT_CONTRADICTORY' : 'INPUT_INVALID')
}

/** A refusal of these fields. */
export function refuseInput(
  issues: InputIssue[],
  reason: 'INPUT_INVALID' | 'INPUT_CONTRADICTORY' = 'INPUT_INVALID',
): AppError {
  const told = issues.slice(0, issuesMax)
  return new AppError(reason, { message: messageOf(told), issues: told })
}

function issuesOf(error: ZodError, { name, text }: Spelling): InputIssue[] {
  const spelled = (step: PropertyKey) => (typeof step === 'number' ? step : name(String(step)))
  const issues = error.issues.flatMap((issue) => {
    const path = issue.path.map(spelled)
    if (issue.code !== 'unrecognized_keys') return [{ path, message: text(issue.message) }]
    const keys = issue.keys.slice(0, issuesMax)
    return keys.map((key) => ({ path: [...path, shortened(name(key))], message: 'Unknown field' }))
  })
  return issues
}

/** The name of an unknown field may be as long as the input. */
function shortened(name: string): string {
  return name.length > nameLengthMax ? `${name.slice(0, nameLengthMax)}…` : name
}

function messageOf([first]: InputIssue[]): string {
  if (!first || first.path.length === 0) return first ? `Invalid input: ${first.message}` : 'Invalid input'
  return `Invalid input at "${first.path.join('.')}": ${first.message}`
}
