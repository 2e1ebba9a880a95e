import { readAnswer } from './app-answers.ts'
import { type AppOptions, createAppServer } from './app-server.ts'
import { isSession, parseSession, type Session } from './session.ts'
import { clearSessionCookie, readSessionCookie, standInFor, writeSessionCookie } from './session-cookie.ts'

/** Between what runs before a page is rendered and what renders it. Never let one in from outside. */
export const pageSessionHeader = 'x-tasklane-session'

/** Who asks for a page. */
export interface PageSession {
  /** Absent when nobody is signed in. Its refresh token is a stand-in. */
  session: Session | undefined
  /** For the answer, when the cookie has changed. */
  setCookie: string | undefined
  /** Whether somebody may be signed in whose session could not be refreshed just now. */
  isUnavailable: boolean
}

const nobody: PageSession = { session: undefined, setCookie: undefined, isUnavailable: false }

/**
 * Refreshes the session of whoever asks for a page, so that it can be rendered for them. For what runs before the
 * pages of an app (Next.js: `proxy.ts`), for requests of whole pages alone: each uses the refresh token up.
 */
export function createPageSessions(options: AppOptions): (request: Request) => Promise<PageSession> {
  const server = createAppServer(options)
  const { cookieName } = server
  return async (request) => {
    const kept = readSessionCookie(cookieName, request.headers.get('cookie'))
    if (!kept) return nobody
    const answer = await server.refresh(request, kept).then(
      (response) => response.text(),
      () => '',
    )
    const { value, reason } = readAnswer(answer) ?? {}
    if (reason === 'REFRESH_TOKEN_INVALID') return { ...nobody, setCookie: clearSessionCookie(cookieName) }
    const { userId } = kept
    const session = { userId, accessToken: value?.['accessToken'], refreshToken: value?.['refreshToken'] }
    if (!isSession(session)) return { ...nobody, isUnavailable: true }
    return {
      session: { ...session, refreshToken: standInFor(userId) },
      setCookie: writeSessionCookie(cookieName, session),
      isUnavailable: false,
    }
  }
}

/** Writes a session as a header's value. */
export function writePageSession(session: Session): string {
  return JSON.stringify(session)
}

/** Reads the session that was written before the page was rendered. */
export function readPageSession(headers: Pick<Headers, 'get'>): Session | undefined {
  return parseSession(headers.get(pageSessionHeader))
}
