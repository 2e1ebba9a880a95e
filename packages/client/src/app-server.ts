import { contractHeader, contractVersion } from '@tasklane/api/contract'
import { type CookieSession, sessionCookieName } from './session-cookie.ts'

/** What an app that renders pages knows of its Tasklane server. */
export interface AppOptions {
  /** Where the server is, as the app reaches it, such as `http://127.0.0.1:3000`. */
  url: string | URL
  /**
   * The address of whoever sent a request to the app. The server limits by it, and believes it where its
   * `TRUST_PROXY` names the app. Never take it from a header that a caller can set.
   */
  addressOf: (request: Request) => string | undefined
  /** Default `__Host-tasklane-session`. */
  cookieName?: string | undefined
  /** Default: the global `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
}

/** The server behind an app. */
export interface AppServer {
  cookieName: string
  /** Hands a call on, with what the server has to know of whoever made it. */
  call(from: Request, path: string, init: { method: string; body?: RequestInit['body'] }): Promise<Response>
  refresh(from: Request, session: CookieSession): Promise<Response>
}

/** What a caller may say to the server. */
const forwardedAlways = ['user-agent', 'x-request-id']
const forwarded = [
  ...forwardedAlways,
  ...['accept', 'authorization', 'content-type', 'last-event-id', 'trpc-accept', contractHeader],
]

export function createAppServer({ url, addressOf, cookieName, fetch }: AppOptions): AppServer {
  const base = `${url}`.replace(/\/+$/, '')
  const send = fetch ?? ((target, init) => globalThis.fetch(target, init))

  function headersOf(from: Request, names: readonly string[]): Headers {
    const headers = new Headers()
    for (const name of names) {
      const value = from.headers.get(name)
      if (value !== null) headers.set(name, value)
    }
    const address = addressOf(from)
    if (address !== undefined) headers.set('x-forwarded-for', address)
    return headers
  }

  return {
    cookieName: cookieName ?? sessionCookieName,
    call: async (from, path, { method, body = null }) => {
      const init = { method, body, headers: headersOf(from, forwarded), signal: from.signal }
      // Node's fetch sends what it reads only so. A redirect would take the token to wherever it points.
      const options = { ...init, redirect: 'error', duplex: 'half' } as RequestInit
      return await send(`${base}/trpc/${path}`, options)
    },
    refresh: async (from, { refreshToken }) => {
      const headers = headersOf(from, forwardedAlways)
      headers.set('content-type', 'application/json')
      headers.set(contractHeader, String(contractVersion))
      const body = JSON.stringify({ json: { refreshToken } })
      const init = { method: 'POST', body, headers, redirect: 'error', signal: from.signal } as const
      return await send(`${base}/trpc/auth.refresh`, init)
    },
  }
}
