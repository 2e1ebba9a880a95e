import { currentTaskOf, issuesOf, type Reason, reasonOf } from '@tasklane/client'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import {
  FailedCallError,
  InterruptedError,
  isOfCall,
  RefusedError,
  SignedOutError,
  UsageError,
} from './problems.ts'
import { taskCard } from './tasks/task-card.ts'
import type { Printer } from './terminal/printer.ts'

/** What to tell of a failure. */
export interface Explanation {
  exitCode: ExitCode
  message: string
  /** The server's name for it. */
  reason?: Reason | undefined
}

const signedOutReasons = new Set<Reason | undefined>([
  ...(['AUTHENTICATION_REQUIRED', 'TOKEN_INVALID', 'TOKEN_EXPIRED'] as const),
  ...(['TOKEN_FORMAT_INVALID', 'REFRESH_TOKEN_INVALID'] as const),
])

/** Of a file system that does not take a file. */
const fileCodes = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG'])

export function explain(error: unknown): Explanation {
  if (error instanceof FailedCallError) return explainCall(error)
  if (error instanceof UsageError) return { exitCode: exitCodes.usage, message: error.message }
  if (error instanceof RefusedError) return { exitCode: exitCodes.refused, message: error.message }
  if (error instanceof SignedOutError) return { exitCode: exitCodes.notSignedIn, message: error.message }
  if (error instanceof InterruptedError) return { exitCode: exitCodes.interrupted, message: 'Cancelled.' }
  if (fileCodes.has(codeOf(error) ?? ''))
    return { exitCode: exitCodes.refused, message: `A file cannot be used: ${messageOf(error)}` }
  return { exitCode: exitCodes.fault, message: faultOf(error) }
}

function explainCall({ cause: error, url, hasToken }: FailedCallError): Explanation {
  const reason = reasonOf(error)
  if (signedOutReasons.has(reason))
    return { exitCode: exitCodes.notSignedIn, message: new SignedOutError(url, hasToken).message, reason }
  const status = statusOf(error)
  if (reason !== undefined) {
    const exitCode = isPassing(status) ? exitCodes.unavailable : exitCodes.refused
    return { exitCode, message: messageOf(error), reason }
  }
  const code = codeOf(error)
  if (code !== undefined && fileCodes.has(code))
    return { exitCode: exitCodes.refused, message: `Your session cannot be kept: ${messageOf(error)}` }
  if (status !== undefined || (error instanceof Error && error.cause instanceof SyntaxError))
    return {
      exitCode: exitCodes.unavailable,
      message: `What answers at ${url} is no Tasklane server, or stands before one that is away. Check --url.`,
    }
  return {
    exitCode: exitCodes.unavailable,
    message: `No server answers at ${url}${code ? ` (${code})` : ''}. Check --url, and that the server runs.`,
  }
}

/** Prints what went wrong, and the task as it is now where that is why. */
export function printFailure(error: unknown, printer: Printer): ExitCode {
  const { exitCode, message, reason } = explain(error)
  const cause = error instanceof FailedCallError ? error.cause : error
  const task = currentTaskOf(cause)
  if (printer.isJson) {
    printer.jsonNote({ reason, message, issues: issuesOf(cause), task })
    return exitCode
  }
  for (const line of message.split('\n')) printer.note({ text: line, style: 'red' })
  if (task) {
    printer.note('The task as it is now:')
    for (const spans of taskCard(task)) printer.note('  ', ...spans)
  }
  return exitCode
}

/** The server's words, with every field that it refused. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const issues = issuesOf(error)
  const seconds = detailOf(error, 'retryAfterSeconds')
  if (issues.length > 0)
    return issues.map(({ path, message: text }) => `${path.join('.') || 'input'}: ${text}`).join('\n')
  return typeof seconds === 'number' ? `${message} (in ${seconds} s)` : `${message}.`
}

/** Whether the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (!isOfCall(error)) return false
  const { exitCode } = explainCall(new FailedCallError(error, { url: '' }))
  return exitCode === exitCodes.unavailable
}

function isPassing(status: number | undefined): boolean {
  return status === undefined || status >= 500 || status === 429 || status === 408
}

/** The HTTP status, from the server itself or from what stands in its place. */
function statusOf(error: unknown): number | undefined {
  const told = detailOf(error, 'httpStatus')
  if (typeof told === 'number') return told
  const response = isObject(error) && isObject(error['meta']) ? error['meta']['response'] : undefined
  return isObject(response) && typeof response['status'] === 'number' ? response['status'] : undefined
}

export function detailOf(error: unknown, name: string): unknown {
  return isObject(error) && isObject(error['data']) ? error['data'][name] : undefined
}

/** The code of the innermost cause that has one, such as `ECONNREFUSED`. */
function codeOf(error: unknown): string | undefined {
  let code: string | undefined
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') code = current.code
    if (current instanceof AggregateError && code === undefined) code = codeOf(current.errors[0])
  }
  return code
}

function faultOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `This is a fault of tasklane. Please report it.\n${text}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
