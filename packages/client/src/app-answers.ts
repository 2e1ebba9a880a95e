/** An answer of the server to a single call, as it travels. */
interface Envelope {
  result?: { data?: { json?: unknown } }
  error?: { json?: { data?: { reason?: unknown } } }
}

/** What an answer says, and the text of it with another value in the place of the call's. */
export interface ReadAnswer {
  value: Record<string, unknown> | undefined
  reason: unknown
  with(value: object): string
}

/** Gives nothing of what is no answer of a Tasklane server, such as a proxy's page. */
export function readAnswer(text: string): ReadAnswer | undefined {
  try {
    const envelope = JSON.parse(text) as Envelope
    const value = envelope.result?.data?.json
    return {
      value: typeof value === 'object' && value !== null ? { ...value } : undefined,
      reason: envelope.error?.json?.data?.reason,
      with: (json) =>
        JSON.stringify({
          ...envelope,
          result: { ...envelope.result, data: { ...envelope.result?.data, json } },
        }),
    }
  } catch {
    return undefined
  }
}

/** Why an app refuses a call by itself, in the words that the client knows. */
const refusals = {
  FOREIGN: {
    ...{ code: 'FORBIDDEN', number: -32003, httpStatus: 403, reason: 'REQUEST_INVALID' },
    message: 'Only pages of this app may call here. Programs call the server itself',
  },
  METHOD: {
    ...{ code: 'METHOD_NOT_SUPPORTED', number: -32005, httpStatus: 405, reason: 'METHOD_NOT_SUPPORTED' },
    message: 'Send this call as a POST',
  },
  MIXED: {
    ...{ code: 'BAD_REQUEST', number: -32600, httpStatus: 400, reason: 'REQUEST_INVALID' },
    message: 'This call cannot share a batch. Send it alone',
  },
  TOO_LARGE: {
    ...{ code: 'PAYLOAD_TOO_LARGE', number: -32013, httpStatus: 413, reason: 'PAYLOAD_TOO_LARGE' },
    message: 'The request body is too large',
  },
  ENDED: {
    ...{ code: 'UNAUTHORIZED', number: -32001, httpStatus: 401, reason: 'REFRESH_TOKEN_INVALID' },
    message: 'Invalid or expired refresh token. Log in again',
  },
  UNREACHABLE: {
    ...{ code: 'SERVICE_UNAVAILABLE', number: -32603, httpStatus: 503, reason: 'TOO_BUSY' },
    message: 'The server cannot be reached. Try again in a moment',
  },
} as const

/** An answer of the app itself, in the envelope that the client knows. */
export function refuse(why: keyof typeof refusals, headers: Record<string, string> = {}): Response {
  const { message, number, ...data } = refusals[why]
  return Response.json(
    { error: { json: { message, code: number, data } } },
    { status: data.httpStatus, headers: { 'cache-control': 'no-store', ...headers } },
  )
}

/** The server did not answer, or what answered is not the server. */
export function unreachable(): Response {
  return refuse('UNREACHABLE', { 'retry-after': '1' })
}
