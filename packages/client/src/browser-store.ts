import { parseSession, type SessionStore } from './session.ts'
import { withLock } from './with-lock.ts'

export interface BrowserStoreOptions {
  /** Default `tasklane.session`. */
  key?: string
  /** Default `localStorage`, which all tabs share. `sessionStorage` keeps each tab to itself. */
  storage?: StringStorage | undefined
}

/** The part of the browser's `Storage` that is used. */
export interface StringStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** The part of the browser's events that is used. */
interface StorageEvents {
  addEventListener?: (type: 'storage', listener: (event: { key: string | null }) => void) => void
  removeEventListener?: (type: 'storage', listener: (event: { key: string | null }) => void) => void
}

/**
 * Keeps the session in the browser, where every script of the page can read it. Where there is no
 * `localStorage`, as while rendering on a server, nobody is signed in and `set` throws. Tabs that share it
 * refresh the session once for all, and know when another one has signed out.
 */
export function browserStore({
  key = 'tasklane.session',
  storage = (globalThis as { localStorage?: StringStorage }).localStorage,
}: BrowserStoreOptions = {}): SessionStore {
  return {
    get: () => parseSession(storage?.getItem(key)),
    set: (session) => {
      if (!storage) throw new Error('browserStore: there is no localStorage here to keep the session in')
      storage.setItem(key, JSON.stringify(session))
    },
    clear: () => storage?.removeItem(key),
    exclusively: (refresh) => withLock(`tasklane.refresh ${key}`, refresh),
    onChange: (listener) => {
      const events = globalThis as StorageEvents
      // Without a key: all was cleared.
      const onStorage = (event: { key: string | null }) => {
        if (event.key === key || event.key === null) listener()
      }
      events.addEventListener?.('storage', onStorage)
      return () => events.removeEventListener?.('storage', onStorage)
    },
  }
}
