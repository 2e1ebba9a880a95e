import { STATUS_CODES } from 'node:http'
import {
  AppError,
  databaseRefusal,
  type Problem,
  publicError,
  type Reason,
  refusalOf,
  toSnakeCase,
} from '@tasklane/api'
import { requestLimits, transformer } from '@tasklane/api/contract'
import { describeError } from '@tasklane/db'
import { TRPCError } from '@trpc/server'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { refusalHeaders } from './refusal-headers.ts'
import { entityTag } from './rest/write-answer.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The procedure that a route calls. */
    procedure?: string
  }
}

/** Where the tRPC door is. Its callers understand only tRPC's envelope. */
export const trpcPrefix = '/trpc'

const reasonOfFastifyCode: Record<string, Reason> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INPUT_MALFORMED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'INPUT_MALFORMED',
  FST_ERR_CTP_INVALID_JSON_BODY: 'INPUT_MALFORMED',
}

const reasonOfStatus: Record<number, Reason> = {
  404: 'ROUTE_NOT_FOUND',
  408: 'REQUEST_TIMEOUT',
  414: 'URI_TOO_LONG',
}

/** Answers an error that happened outside the procedures, in the envelope its caller understands. */
export function sendError(
  error: FastifyError | TRPCError,
  req: FastifyRequest,
  res: FastifyReply,
): FastifyReply {
  const refusal = refusalFor(error)
  const { reason, details } = refusal
  const { procedure } = req.routeOptions?.config ?? {}
  const what = { reason, ...(procedure !== undefined && { procedure }) }
  if (refusal.httpStatus >= 500)
    req.log.error({ ...what, error: describeError(error.cause ?? error) }, 'request failed')
  else req.log.info(what, 'request refused')

  const isStream = req.headers['trpc-accept'] === 'application/jsonl'
  const { type, body } = envelope({ refusal, url: req.url, isStream })
  return res
    .status(refusal.httpStatus)
    .headers(refusalHeaders([publicError(refusal).data]))
    .headers(details.task ? { etag: entityTag(details.task) } : {})
    .type(type)
    .send(body)
}

interface Refused {
  refusal: AppError
  url: string
  /** Whether the answers of a batch were to be streamed. Such a caller understands one error for all. */
  isStream: boolean
}

/**
 * An error in the form that a caller of this path understands: tRPC's at its door, an array of them for a
 * batch, RFC 9457 elsewhere.
 */
export function envelope({ refusal, url, isStream }: Refused): { type: string; body: string } {
  if (!isForTrpc(url)) return { type: 'application/problem+json', body: JSON.stringify(problem(refusal)) }
  const answer = { error: transformer.output.serialize(publicError(refusal)) }
  const calls = isStream ? undefined : callsInBatch(url)
  const answers = calls === undefined ? answer : Array.from({ length: calls }, () => answer)
  return { type: 'application/json', body: JSON.stringify(answers) }
}

/** How many calls a batch has. Absent when it is none, or one that is too large to be answered call by call. */
function callsInBatch(url: string): number | undefined {
  const [path = '', query] = url.split('?', 2)
  if (new URLSearchParams(query).get('batch') !== '1') return undefined
  const calls = path.split(/,|%2c/i).length
  return calls > requestLimits.batchSizeMax ? undefined : calls
}

function problem({ httpStatus: status, message: detail, reason: code, details }: AppError) {
  const { issues, ...others } = details
  const errors = issues?.map(({ path, message }) => ({ pointer: pointerTo(path), message }))
  const title = STATUS_CODES[status] ?? ''
  return toSnakeCase({
    ...{ type: 'about:blank', title, status, detail, code },
    ...(errors && { errors }),
    ...others,
  } satisfies Problem)
}

/** RFC 6901, as a fragment. */
function pointerTo(path: readonly (string | number)[]): string {
  const escaped = path.map((step) => String(step).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'))
  return `#${escaped.map((step) => `/${encodeURIComponent(step)}`).join('')}`
}

function isForTrpc(url: string): boolean {
  return url === trpcPrefix || url.startsWith(`${trpcPrefix}/`) || url.startsWith(`${trpcPrefix}?`)
}

function refusalFor(error: FastifyError | TRPCError): AppError {
  if (error instanceof TRPCError) return refusalOf(error)
  const { code, statusCode = 500 } = error
  // A caller that leaves while it sends has the same code as a lost connection to the database, but a status.
  const isAway = statusCode >= 500 ? databaseRefusal(error) : undefined
  if (isAway) return isAway
  const reason = statusCode >= 500 ? 'INTERNAL' : 'REQUEST_INVALID'
  return new AppError(reasonOfFastifyCode[code] ?? reasonOfStatus[statusCode] ?? reason, { cause: error })
}
