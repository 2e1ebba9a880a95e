import { contractHeader, contractVersion, requestLimits } from '@tasklane/api/contract'
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
import { createSessionLink, isSentAlone } from './session-link.ts'
import { createSubscriptionLink } from './subscription-link.ts'
import { type WatchTasks, watchTasks } from './watch-tasks.ts'
import { wire } from './wire.ts'

/** All calls wait for a refresh. */
const refreshTimeoutMilliseconds = 30_000

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
  /**
   * Called with the user's id once somebody has signed in, and with `undefined` once nobody is signed in any
   * more: also by another tab, where the store tells of it.
   */
  onUserChange?: ((userId: string | undefined) => void) | undefined
}

/**
 * Every procedure, as `client.tasks.create.mutate(…)`, `client.tasks.list.query(…)` or
 * `client.tasks.onChange.subscribe(…)`, and `client.tasks.watch(…)`.
 */
export type TasklaneClient = TRPCClient<AppRouter> & { tasks: { watch: WatchTasks } }

/**
 * A typed client of a Tasklane server. Calls made in one tick share an HTTP request. Neither tokens nor
 * the inputs of queries and mutations are ever part of a URL.
 *
 * `auth.signUp` and `auth.logIn` start the session; `auth.logOut`, `auth.logOutEverywhere` and
 * `auth.deleteAccount` end it. When the access token is refused, the session is refreshed once for
 * all calls and each is repeated once. A refused refresh ends the session; any other failure to
 * refresh keeps it and is what the calls reject with. A subscription then goes on where it stood; it
 * ends once another user has signed in.
 *
 * Calls reject with tRPC's `TRPCClientError`: see `reasonOf` and `issuesOf`.
 *
 * @throws TypeError when `url` is not an absolute http or https URL.
 */
export function createClient({ url, session, fetch, headers, onUserChange }: ClientOptions): TasklaneClient {
  const send: TRPCFetch = fetch ?? ((target, init) => globalThis.fetch(target, init))
  const keeper = createSessionKeeper({ store: session ?? memoryStore(), refresh, onUserChange })
  const { link, authorize } = createSessionLink(keeper)
  const endpoint = endpointOf(url)
  const request: HTTPLinkOptions<AppRouter['_def']['_config']['$types']> = {
    url: endpoint,
    transformer: wire,
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
  const subscription = createSubscriptionLink({ url: endpoint, send, headersFor })
  const withoutSession = createTRPCClient<AppRouter>({ links: [single] })

  async function headersFor(operations: Operation[]): Promise<Headers> {
    const all = new Headers(typeof headers === 'function' ? await headers() : headers)
    all.set(contractHeader, String(contractVersion))
    await authorize(all, operations)
    return all
  }

  async function refresh(refreshToken: string): Promise<Tokens | undefined> {
    try {
      const signal = AbortSignal.timeout(refreshTimeoutMilliseconds)
      const tokens = await withoutSession.auth.refresh.mutate({ refreshToken }, { signal })
      return { accessToken: tokens.accessToken, refreshToken: tokens.refreshToken }
    } catch (error) {
      if (reasonOf(error) === 'REFRESH_TOKEN_INVALID') return undefined
      throw error
    }
  }

  const queriesAndMutations = splitLink<AppRouter>({ condition: isSentAlone, true: single, false: batch })
  const client = createTRPCClient<AppRouter>({
    links: [
      link,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: subscription,
        false: queriesAndMutations,
      }),
    ],
  })
  const watch: WatchTasks = (options) => watchTasks(client.tasks, options)
  return withMember(client, 'tasks', withMember(client.tasks, 'watch', watch))
}

/** The same proxy with one more member. */
function withMember<Target extends object, Name extends string, Member>(
  target: Target,
  name: Name,
  member: Member,
): Target & Record<Name, Member> {
  const get = (_: Target, key: string | symbol) => (key === name ? member : Reflect.get(target, key))
  return new Proxy(target, { get }) as Target & Record<Name, Member>
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
