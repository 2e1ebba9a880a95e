import type { Session, SessionStore } from './session.ts'

/** Keeps the session in memory, for as long as the client lives. Never share one among users of a server. */
export function memoryStore(): SessionStore {
  let stored: Session | undefined
  return {
    get: () => stored,
    set: (session) => {
      stored = session
    },
    clear: () => {
      stored = undefined
    },
  }
}
