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

interface Refusal {
  code: string
  number: number
  httpStatus: number
  reason: string
  message: string
}

/** An answer of the app itself, in the envelope that the client knows. */
export function refuse({ code, number, httpStatus, reason, message }: Refusal): Response {
  const json = { message, code: number, data: { code, httpStatus, reason } }
  return Response.json({ error: { json } }, { status: httpStatus, headers: { 'cache-control': 'no-store' } })
}
