import { createPageSessions, pageSessionHeader, writePageSession } from '@tasklane/client/next'
import { type NextRequest, NextResponse } from 'next/server'
import { contentPolicy } from './content-policy.ts'
import { isDevelopment } from './env.ts'
import { appOptions } from './tasklane-server.ts'

const pageSessionOf = createPageSessions(appOptions)

/** Pages that are of no use to whoever is signed in, and those of nobody else. */
const strangersPaths = new Set(['/sign-in', '/sign-up', '/forgot-password'])
const usersPaths = new Set(['/', '/account'])

/** Runs before each page. A whole document comes with the session of whoever asks for it, and uses it up once. */
export async function proxy(request: NextRequest): Promise<Response> {
  const headers = new Headers(request.headers)
  headers.delete(pageSessionHeader)
  const policy = contentPolicy(crypto.randomUUID(), { isDevelopment })
  headers.set('content-security-policy', policy)
  if (!isDocument(request)) {
    const answer = NextResponse.next({ request: { headers } })
    answer.headers.set('content-security-policy', policy)
    return answer
  }
  if (isGuess(request)) return new Response(null, { status: 503, headers: { 'cache-control': 'no-store' } })

  const { session, setCookie, isUnavailable } = await pageSessionOf(request)
  if (session) headers.set(pageSessionHeader, writePageSession(session))
  const answer = answerFor(request, { headers, isSignedIn: session !== undefined, isUnavailable })
  answer.headers.set('content-security-policy', policy)
  answer.headers.set('cache-control', 'no-store')
  if (setCookie !== undefined) answer.headers.append('set-cookie', setCookie)
  return answer
}

interface Visitor {
  /** For the page. */
  headers: Headers
  isSignedIn: boolean
  isUnavailable: boolean
}

function answerFor({ nextUrl: { pathname }, url }: NextRequest, visitor: Visitor): NextResponse {
  const { headers, isSignedIn, isUnavailable } = visitor
  const request = { headers }
  if (isSignedIn && strangersPaths.has(pathname)) return NextResponse.redirect(new URL('/', url))
  if (isSignedIn || !usersPaths.has(pathname)) return NextResponse.next({ request })
  if (!isUnavailable) return NextResponse.redirect(new URL('/sign-in', url))
  return NextResponse.rewrite(new URL('/unavailable', url), { request, status: 503 })
}

/** A page that is opened, not a part of one that is asked for by a page. */
function isDocument({ method, headers }: NextRequest): boolean {
  const destination = headers.get('sec-fetch-dest')
  if (method !== 'GET') return false
  return destination === null
    ? (headers.get('accept') ?? '').includes('text/html')
    : destination === 'document'
}

/** A browser that loads what may be opened. The session is not used up for that. */
function isGuess({ headers }: NextRequest): boolean {
  return /prefetch|prerender/.test(headers.get('sec-purpose') ?? headers.get('purpose') ?? '')
}

export const config = { matcher: ['/((?!_next/static|_next/image|trpc/|favicon|icon).*)'] }
