import { readAnswer, refuse, unreachable } from './app-answers.ts'
import { type AppOptions, createAppServer } from './app-server.ts'
import { readTextUpTo } from './read-text-up-to.ts'
import {
  clearSessionCookie,
  readSessionCookie,
  standInFor,
  userOfStandIn,
  writeSessionCookie,
} from './session-cookie.ts'

const startingPaths = new Set(['auth.signUp', 'auth.logIn'])
const endingPaths = new Set(['auth.logOut', 'auth.logOutEverywhere', 'auth.deleteAccount'])
const sessionPaths = new Set([...startingPaths, ...endingPaths, 'auth.refresh'])

/** Of a call that starts, refreshes or ends a session. */
const bodyBytesMax = 64 * 1024

/** What the server says that a page may know. */
const answered = /^(content-type|cache-control|retry-after|vary|x-request-id|ratelimit.*)$/

/**
 * Hands calls on from the pages of an app to its Tasklane server, and keeps refresh tokens from them: they are in a
 * cookie that no script can read. For a route of the app that gets every request below `/trpc/`:
 *
 * ```ts
 * const proxy = createSessionProxy({ url, addressOf })
 * export { proxy as GET, proxy as POST }
 * ```
 *
 * A page calls `createClient({ url: location.origin, session: tabStore() })`. Its session then has a
 * stand-in for the refresh token. Calls of pages of other origins are refused, as the cookie comes with them.
 */
export function createSessionProxy(options: AppOptions): (request: Request) => Promise<Response> {
  const server = createAppServer(options)
  const { cookieName } = server

  return async (request) => {
    const { pathname, search } = new URL(request.url)
    const path = pathname.slice(pathname.lastIndexOf('/') + 1)
    if (!isSameOrigin(request)) return refuse('FOREIGN')
    const isOfSession = sessionPaths.has(path)
    if (!isOfSession && namesOf(path).some((name) => sessionPaths.has(name))) return refuse('MIXED')
    if (isOfSession && request.method !== 'POST') return refuse('METHOD', { allow: 'POST' })
    try {
      if (isOfSession) return await callOfSession(request, path)
      const { method, body } = request
      return handOn(await server.call(request, `${path}${search}`, { method, body }))
    } catch (error) {
      if (request.signal.aborted) throw error
      return unreachable()
    }
  }

  async function callOfSession(request: Request, path: string): Promise<Response> {
    const body = await readTextUpTo(request, bodyBytesMax)
    if (body === undefined) return refuse('TOO_LARGE')
    if (path === 'auth.refresh') return await refresh(request, body)
    const answer = await server.call(request, path, { method: 'POST', body })
    if (startingPaths.has(path)) return await keepToken(answer, (value) => userIdOf(value['user']))
    const isOver = answer.ok && isOfCookie(request)
    return withCookie(await textOf(answer), isOver ? clearSessionCookie(cookieName) : undefined)
  }

  /** Somebody else may have signed in since: that session stays. */
  function isOfCookie({ headers }: Request): boolean {
    const { userId } = readSessionCookie(cookieName, headers.get('cookie')) ?? {}
    return userId === subjectOf(headers.get('authorization'))
  }

  async function refresh(request: Request, body: string): Promise<Response> {
    const session = readSessionCookie(cookieName, request.headers.get('cookie'))
    const userId = userOfStandIn((readInput(body) as { refreshToken?: unknown } | undefined)?.refreshToken)
    // Another user has signed in since: this page goes on as nobody, and that session stays.
    if (!session || session.userId !== userId) return refuse('ENDED')
    return await keepToken(await server.refresh(request, session), () => userId)
  }

  /** Moves the refresh token from the answer into the cookie. */
  async function keepToken(
    answer: Response,
    userOf: (value: Record<string, unknown>) => string | undefined,
  ): Promise<Response> {
    const read = await textOf(answer)
    const parsed = readAnswer(read.text)
    if (parsed?.reason === 'REFRESH_TOKEN_INVALID') return withCookie(read, clearSessionCookie(cookieName))
    // What says nothing of success has no token in it.
    if (!answer.ok) return withCookie(read)
    const { refreshToken } = parsed?.value ?? {}
    const userId = parsed?.value && userOf(parsed.value)
    if (!parsed || typeof refreshToken !== 'string' || userId === undefined) return unreachable()
    const text = parsed.with({ ...parsed.value, refreshToken: standInFor(userId) })
    return withCookie({ answer, text }, writeSessionCookie(cookieName, { userId, refreshToken }))
  }
}

interface ReadText {
  answer: Response
  text: string
}

const textOf = async (answer: Response): Promise<ReadText> => ({ answer, text: await answer.text() })

function withCookie({ answer, text }: ReadText, cookie?: string): Response {
  const headers = headersOf(answer)
  if (cookie !== undefined) headers.append('set-cookie', cookie)
  return new Response(text, { status: answer.status, headers })
}

/** As it comes. */
function handOn(answer: Response): Response {
  return new Response(answer.body, { status: answer.status, headers: headersOf(answer) })
}

function headersOf(answer: Response): Headers {
  const headers = new Headers()
  for (const [name, value] of answer.headers) if (answered.test(name)) headers.set(name, value)
  return headers
}

/** Browsers say where a call comes from; what is no browser brings no cookie by mistake. */
function isSameOrigin({ headers }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const origin = headers.get('origin')
  return origin === null || (URL.canParse(origin) && new URL(origin).host === headers.get('host'))
}

function namesOf(path: string): string[] {
  try {
    return decodeURIComponent(path).split(',')
  } catch {
    return []
  }
}

function readInput(body: string): unknown {
  try {
    return (JSON.parse(body) as { json?: unknown } | null)?.json
  } catch {
    return undefined
  }
}

/** Who a bearer token says that it is of. The server has looked at the token; this is only about whose cookie it is. */
function subjectOf(authorization: string | null): unknown {
  const [, payload = ''] = authorization?.split('.') ?? []
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    return typeof claims === 'object' && claims !== null && 'sub' in claims ? claims.sub : undefined
  } catch {
    return undefined
  }
}

function userIdOf(user: unknown): string | undefined {
  const id = typeof user === 'object' && user !== null && 'id' in user ? user.id : undefined
  return typeof id === 'string' ? id : undefined
}
