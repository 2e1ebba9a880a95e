import { isSession, type Session, type SessionStore } from './session.ts'

export interface TabStoreOptions {
  /** Who is signed in when the page is loaded, as the server that rendered it has told. Default nobody. */
  session?: Session | undefined
  /** The name by which tabs of one origin know each other. Default `tasklane.session`. */
  name?: string | undefined
}

/** What became of a user's session in another tab. */
interface Told {
  userId: string
  /** Absent: it has ended. */
  session?: Session | undefined
}

/**
 * Keeps the session in the memory of this tab, where it ends with the page, and tells the other tabs what
 * becomes of it: they take over one that was begun or refreshed, and end with one that has ended. For pages
 * whose refresh token is in a cookie that no script can read: see `@tasklane/client/next`.
 */
export function tabStore({ session, name = 'tasklane.session' }: TabStoreOptions = {}): SessionStore {
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : undefined
  const listeners = new Set<() => void>()
  let stored = session

  // A program that tests pages is not kept from ending.
  ;(channel as { unref?: () => void } | undefined)?.unref?.()
  const tell = (told: Told) => channel?.postMessage(told)
  channel?.addEventListener('message', (event: object) => {
    const told = readTold('data' in event && event.data)
    if (!told || (!told.session && told.userId !== stored?.userId)) return
    stored = told.session
    for (const listener of listeners) listener()
  })
  return {
    get: () => stored,
    set: (next) => {
      stored = next
      tell({ userId: next.userId, session: next })
    },
    clear: () => {
      if (stored) tell({ userId: stored.userId })
      stored = undefined
    },
    lockName: `tasklane.refresh ${name}`,
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function readTold(data: unknown): Told | undefined {
  if (typeof data !== 'object' || data === null || !('userId' in data)) return undefined
  const { userId, session } = data as Partial<Told>
  if (typeof userId !== 'string') return undefined
  return isSession(session) ? { userId, session } : { userId }
}
