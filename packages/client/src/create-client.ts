import { requestLimits, transformer } from '@tasklane/api/contract'
import type { AppRouter } from '@tasklane/api/router'
import {
  createTRPCClient,
  type HTTPLinkOptions,
  httpBatchLink,
  httpLink,
  type Operation,
  splitLink,
  type TRPCClient,
  type TRPCFetch,
} from '@trpc/client'
import { reasonOf } from './errors.ts'
import { memoryStore } from './memory-store.ts'
import type { SessionStore } from './session.ts'
import { createSessionKeeper, type Tokens } from './session-keeper.ts'
import { createSessionLink, isRepeatedAlone } from './session-link.ts'

type RequestHeaders = Record<string, string>

export interface ClientOptions {
  /** Where the server is, such as `https://tasks.example.com`. A base path is kept; `/trpc` is added. */
  url: string | URL
  /** Where the session is kept. Default `memoryStore()`. */
  session?: SessionStore | undefined
  /** Default: the global `fetch`. */
  fetch?: TRPCFetch | undefined
  /** Sent with every request. The session's `Authorization` replaces one that is given here. */
  headers?: RequestHeaders | (() => RequestHeaders | Promise<RequestHeaders>) | undefined
}

/** Every procedure, as `client.tasks.create.mutate(…)` or `client.tasks.list.query(…)`. */
export type TasklaneClient = TRPCClient<AppRouter>

/**
 * A typed client of a Tasklane server. Calls made in one tick share an HTTP request, and inputs are
 * never part of a URL.
 *
 * `auth.signUp` and `auth.logIn` start the session; `auth.logOut`, `auth.logOutEverywhere` and
 * `auth.deleteAccount` end it. When the access token is refused, the session is refreshed once for
 * all calls and each is repeated once. A refused refresh ends the session; any other failure to
 * refresh keeps it and is what the calls reject with.
 *
 * Calls reject with tRPC's `TRPCClientError`: see `reasonOf` and `issuesOf`.
 *
 * @throws TypeError when `url` is not an absolute http or https URL.
 */
export function createClient({ url, session, fetch, headers }: ClientOptions): TasklaneClient {
  const send: TRPCFetch = fetch ?? ((target, init) => globalThis.fetch(target, init))
  const keeper = createSessionKeeper({ store: session ?? memoryStore(), refresh })
  const { link, accessTokenFor } = createSessionLink(keeper)
  const request: HTTPLinkOptions<AppRouter['_def']['_config']['$types']> = {
    url: endpointOf(url),
    transformer,
    methodOverride: 'POST',
    // A redirect would take the password or the token to wherever it points.
    fetch: (target, init) => send(String(target), { ...(init as RequestInit), redirect: 'error' }),
  }
  const single = httpLink<AppRouter>({ ...request, headers: ({ op }) => headersFor([op]) })
  const batch = httpBatchLink<AppRouter>({
    ...request,
    maxItems: requestLimits.batchSizeMax,
    headers: ({ opList }) => headersFor(opList),
  })
  const withoutSession = createTRPCClient<AppRouter>({ links: [single] })

  async function headersFor(operations: Operation[]): Promise<Headers> {
    const all = new Headers(typeof headers === 'function' ? await headers() : headers)
    const accessToken = await accessTokenFor(operations)
    if (accessToken !== undefined) all.set('authorization', `Bearer ${accessToken}`)
    return all
  }

  async function refresh(refreshToken: string): Promise<Tokens | undefined> {
    try {
      const tokens = await withoutSession.auth.refresh.mutate({ refreshToken })
      return { accessToken: tokens.accessToken, refreshToken: tokens.refreshToken }
    } catch (error) {
      if (reasonOf(error) === 'REFRESH_TOKEN_INVALID') return undefined
      throw error
    }
  }

  return createTRPCClient<AppRouter>({
    links: [link, splitLink({ condition: isSentAlone, true: single, false: batch })],
  })
}

function isSentAlone({ path, context }: Operation): boolean {
  return path.startsWith('auth.') || isRepeatedAlone(context)
}

function endpointOf(url: string | URL): string {
  const server = URL.canParse(`${url}`) ? new URL(url) : undefined
  if (!server || !isUsable(server)) {
    throw new TypeError(
      'createClient: url must be an absolute http or https URL without credentials, query or fragment,' +
        ' such as "http://localhost:3000"',
    )
  }
  return `${server.origin}${server.pathname.replace(/\/+$/, '')}/trpc`
}

function isUsable({ protocol, username, password, search, hash }: URL): boolean {
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash
}
