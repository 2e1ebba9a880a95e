/** What the cookie of an app holds of one session. */
export interface CookieSession {
  userId: string
  refreshToken: string
}

/** Longer than a session lives without being used. RFC 6265bis §5.5 lets a browser keep it for 400 days. */
const maxAgeSeconds = 400 * 24 * 3600

/** For this host alone, by HTTPS alone (or on this machine), and out of reach of every script. RFC 6265bis §4.1.3.2. */
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'

/** The default name of the cookie. */
export const sessionCookieName = '__Host-tasklane-session'

export function writeSessionCookie(name: string, { userId, refreshToken }: CookieSession): string {
  return `${name}=${userId}.${refreshToken}; Max-Age=${maxAgeSeconds}; ${attributes}`
}

export function clearSessionCookie(name: string): string {
  return `${name}=; Max-Age=0; ${attributes}`
}

const written = /^([0-9a-f-]{36})\.([\w.~+/=-]{1,4096})$/

/** Reads it from a `Cookie` header. Anything but what was written is no session. */
export function readSessionCookie(name: string, header: string | null): CookieSession | undefined {
  for (const pair of header?.split(';') ?? []) {
    // No other white space: a browser takes what stands behind it for another name, and lets a subdomain set it.
    const [key, ...value] = pair.replace(/^[ \t]+|[ \t]+$/g, '').split('=')
    const [, userId, refreshToken] = (key === name && written.exec(value.join('='))) || []
    if (userId !== undefined && refreshToken !== undefined) return { userId, refreshToken }
  }
  return undefined
}

/** What a page is given in the place of the refresh token: whose it is, and that it is another one than before. */
export function standInFor(userId: string): string {
  return `cookie.${userId}.${crypto.randomUUID()}`
}

export function userOfStandIn(standIn: unknown): string | undefined {
  const [kind, userId] = typeof standIn === 'string' ? standIn.split('.') : []
  return kind === 'cookie' ? userId : undefined
}
