import { isSession, type Session, type SessionStore } from './session.ts'
import { withLock } from './with-lock.ts'

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
  /** Milliseconds since 1970, but always later than what was known. What is older comes too late. */
  at: number
}

/** What a tab tells when it has had the lock, after all else. */
interface TurnTold {
  /** Milliseconds since 1970. */
  turnEndedAt: number
}

/** What a tab tells is heard in a moment. One that was closed while it had the lock told nothing. */
const silenceMilliseconds = 1000

/**
 * Keeps the session in the memory of this tab, where it ends with the page, and tells the other tabs what
 * becomes of it: they take over one that was begun or refreshed, and end with one that has ended. For pages
 * whose refresh token is in a cookie that no script can read: see `@tasklane/client/next`. While a page is rendered
 * on a server it tells nobody anything.
 */
export function tabStore({ session, name = 'tasklane.session' }: TabStoreOptions = {}): SessionStore {
  // Where pages are rendered, one process has the tabs of all users.
  const isPage = 'document' in globalThis
  const channel = isPage && 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : undefined
  // A program that tests pages is not kept from ending.
  ;(channel as { unref?: () => void } | undefined)?.unref?.()
  const listeners = new Set<() => void>()
  let stored = session
  let storedAt = Date.now()
  /** Of another tab. */
  let turnEndedAt = 0

  function onChange(listener: () => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  function change(userId: string, next: Session | undefined): void {
    stored = next
    storedAt = Math.max(Date.now(), storedAt + 1)
    channel?.postMessage({ userId, session: next, at: storedAt } satisfies Told)
  }

  /** Of two that were told in the same millisecond, every tab takes the same one. */
  function isNewer({ at, session: other }: Told): boolean {
    if (at !== storedAt) return at > storedAt
    return (other?.accessToken ?? '') > (stored?.accessToken ?? '')
  }

  channel?.addEventListener('message', (event: object) => {
    const data = 'data' in event && event.data
    turnEndedAt = readTurnEnd(data) ?? turnEndedAt
    const told = readTold(data)
    if (!told || !isNewer(told) || (!told.session && told.userId !== stored?.userId)) return
    stored = told.session
    storedAt = told.at
    for (const listener of listeners) listener()
  })

  /** What was told of a turn before this one was asked for may come late. */
  function heardOfTurn(asked: { at: number; storedAt: number }): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(silence)
        channel?.removeEventListener('message', look)
        resolve()
      }
      const look = () => (storedAt !== asked.storedAt || turnEndedAt > asked.at) && done()
      const silence = setTimeout(done, silenceMilliseconds)
      channel?.addEventListener('message', look)
      look()
    })
  }

  return {
    get: () => stored,
    set: (next) => change(next.userId, next),
    clear: () => stored && change(stored.userId, undefined),
    exclusively: async (refresh) => {
      if (!isPage) return await refresh()
      const asked = { at: Date.now(), storedAt }
      return await withLock(`tasklane.refresh ${name}`, async (isAfterAnother) => {
        if (isAfterAnother && channel) await heardOfTurn(asked)
        return await refresh().finally(() =>
          channel?.postMessage({ turnEndedAt: Date.now() } satisfies TurnTold),
        )
      })
    },
    onChange,
  }
}

function readTold(data: unknown): Told | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { userId, session, at } = data as Partial<Record<keyof Told, unknown>>
  if (typeof userId !== 'string' || typeof at !== 'number' || !Number.isSafeInteger(at)) return undefined
  if (session === undefined) return { userId, at }
  return isSession(session) ? { userId, at, session } : undefined
}

function readTurnEnd(data: unknown): number | undefined {
  const { turnEndedAt } = Object(data) as Partial<Record<keyof TurnTold, unknown>>
  return typeof turnEndedAt === 'number' ? turnEndedAt : undefined
}
