import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { AppError, type Reason } from '@tasklane/api'
import { envelope } from './error-envelope.ts'

const requestTimeoutCode = 'ERR_HTTP_REQUEST_TIMEOUT'
const reasonOfCode: Record<string, Reason> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  [requestTimeoutCode]: 'REQUEST_TIMEOUT',
}

interface ParseError extends Error {
  code?: string
  /** What Node was reading. */
  rawPacket?: unknown
}

/** Answers what Node could not parse as HTTP, and hangs up. Fastify never sees it. */
export function answerUnreadableRequest(error: ParseError, socket: Socket): void {
  const { _httpMessage: answer } = socket as Socket & { _httpMessage?: ServerResponse | null }
  // What is written now would be taken for the answer that the request before it waits for.
  const isForAnother = answer && (answer.headersSent || error.code !== requestTimeoutCode)
  if (error.code === 'ECONNRESET' || !socket.writable || isForAnother) {
    socket.destroy()
    return
  }
  const refusal = new AppError(reasonOfCode[error.code ?? ''] ?? 'REQUEST_INVALID')
  const status = refusal.httpStatus
  const { type, body } = envelope({ refusal, url: pathIn(error.rawPacket), isStream: true })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'cache-control: no-store',
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

/** The path of a request line, if there is one. */
function pathIn(packet: unknown): string {
  const start = Buffer.isBuffer(packet) ? packet.subarray(0, 200).toString('latin1') : ''
  return /^[A-Z]+ (\/[^ ]*)/.exec(start)?.[1] ?? ''
}
