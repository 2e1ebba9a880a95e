import { readAnswer } from './app-answers.ts'
import { type AppOptions, createAppServer } from './app-server.ts'
import { createRecentTokens } from './recent-tokens.ts'
import { isSession, parseSession, type Session } from './session.ts'
import {
  type CookieSession,
  clearSessionCookie,
  readSessionCookie,
  standInFor,
  writeSessionCookie,
} from './session-cookie.ts'

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
 * Gives a session to whoever asks for a page, so that it can be rendered for them. For what runs before the
 * pages of an app (Next.js: `proxy.ts`), for requests of whole pages alone. What was refreshed is remembered for as long as it
 * is good, so that neither many pages nor an answer that was lost on its way use refresh tokens up.
 */
export function createPageSessions(options: AppOptions): (request: Request) => Promise<PageSession> {
  const server = createAppServer(options)
  const { cookieName } = server
  const recent = createRecentTokens()

  const pageOf = (kept: CookieSession, tokens: Omit<Session, 'userId'>): PageSession => {
    const { userId, refreshToken } = kept
    const isSame = tokens.refreshToken === refreshToken
    return {
      session: { userId, accessToken: tokens.accessToken, refreshToken: standInFor(userId) },
      setCookie: isSame ? undefined : writeSessionCookie(cookieName, { ...kept, ...tokens }),
      isUnavailable: false,
    }
  }

  return async (request) => {
    const kept = readSessionCookie(cookieName, request.headers.get('cookie'))
    if (!kept) return nobody
    const known = recent.of(kept.refreshToken)
    if (known) return pageOf(kept, known)
    const answer = await server
      .refresh(request, kept)
      .then((response) => response.text())
      .catch(() => '')
    const { value, reason } = readAnswer(answer) ?? {}
    if (reason === 'REFRESH_TOKEN_INVALID') return { ...nobody, setCookie: clearSessionCookie(cookieName) }
    const { accessToken, refreshToken, expiresIn } = value ?? {}
    const session = { userId: kept.userId, accessToken, refreshToken }
    if (!isSession(session)) return { ...nobody, isUnavailable: true }
    recent.remember(kept.refreshToken, { ...session, expiresInSeconds: Number(expiresIn) })
    return pageOf(kept, session)
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
