/** One sign-in as it is kept between calls. A secret: whoever holds it is the user. */
export interface Session {
  userId: string
  /** JWT for `Authorization: Bearer …`. */
  accessToken: string
  /** Opaque, good for one refresh. */
  refreshToken: string
}

/** Where a client keeps its session. It is read for every HTTP request and never cached. */
export interface SessionStore {
  /** Gives `undefined` when nobody is signed in, or when what is stored cannot be read as a session. */
  get(): Session | undefined | Promise<Session | undefined>
  set(session: Session): void | Promise<void>
  clear(): void | Promise<void>
  /** Refreshes while nobody else does who shares what is stored, so that one does it for all. Default: nobody does. */
  exclusively?: (<Result>(refresh: () => Promise<Result>) => Promise<Result>) | undefined
  /** Calls the listener after another tab has changed what is stored. Gives what ends that. */
  onChange?: ((listener: () => void) => () => void) | undefined
}

/** Reads what a store has written. Anything else is no session. */
export function parseSession(text: string | null | undefined): Session | undefined {
  if (text === null || text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isSession(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What can be sent in a header. RFC 6750 §2.1. */
const sendable = /^[\w.~+/=-]{1,8192}$/

/** Whether a value is a session whose tokens can be sent. */
export function isSession(value: unknown): value is Session {
  return (
    typeof value === 'object' &&
    value !== null &&
    'userId' in value &&
    typeof value.userId === 'string' &&
    'accessToken' in value &&
    typeof value.accessToken === 'string' &&
    sendable.test(value.accessToken) &&
    'refreshToken' in value &&
    typeof value.refreshToken === 'string' &&
    sendable.test(value.refreshToken)
  )
}
