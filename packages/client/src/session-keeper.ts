import type { Session, SessionStore } from './session.ts'
import { tellUserChanges } from './tell-user-changes.ts'

export type Tokens = Pick<Session, 'accessToken' | 'refreshToken'>

interface Options {
  store: SessionStore
  /** Trades a refresh token for new tokens. Gives `undefined` when the server refuses it. */
  refresh: (refreshToken: string) => Promise<Tokens | undefined>
  /** Default: nobody wants to know. */
  onUserChange?: ((userId: string | undefined) => void) | undefined
}

/** The session that all calls of one client share. */
export interface SessionKeeper {
  /** The session to call with, once every refresh under way has ended. */
  current(): Promise<Session | undefined>
  /** Begins a session while no other tab does, nor refreshes one. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>
  start(session: Session): Promise<void>
  /** Forgets the session, unless another user has signed in since. */
  end(session: Session): Promise<void>
  /** Puts `tokens` in the place of `refreshToken`, or forgets the session; not if it was replaced since. */
  replace(refreshToken: string, tokens: Tokens | undefined): Promise<void>
  /**
   * Refreshes the session that a call was refused with, once however many ask, and not when it was
   * refreshed already. Gives whether the same user is still signed in.
   */
  renew(refused: Session): Promise<boolean>
}

export function createSessionKeeper({ store, refresh, onUserChange }: Options): SessionKeeper {
  const refreshes = new Map<string, Promise<Session | undefined>>()
  const exclusively: SessionKeeper['exclusively'] = store.exclusively ?? ((work) => work())
  let lastWrite: Promise<void> = Promise.resolve()
  const tell = onUserChange && tellUserChanges(store, onUserChange)

  /** What is stored once every write under way has ended. */
  const read = () => lastWrite.then(() => store.get())

  /** One write at a time: each decides on what the one before it left. */
  function write(change: (stored: Session | undefined) => void | Promise<void>): Promise<void> {
    const written = read().then(change)
    lastWrite = written.catch(() => {})
    return tell ? written.then(tell) : written
  }

  function replace(refreshToken: string, tokens: Tokens | undefined): Promise<void> {
    return write((stored) => {
      if (stored?.refreshToken !== refreshToken) return
      return tokens ? store.set({ ...stored, ...tokens }) : store.clear()
    })
  }

  async function refreshIfStored(accessToken: string): Promise<Session | undefined> {
    const stored = await read()
    if (stored?.accessToken !== accessToken) return stored
    await replace(stored.refreshToken, await refresh(stored.refreshToken))
    return await read()
  }

  function refreshOnce(accessToken: string): Promise<Session | undefined> {
    const underWay = refreshes.get(accessToken)
    if (underWay !== undefined) return underWay
    const refreshing = exclusively(() => refreshIfStored(accessToken)).finally(() =>
      refreshes.delete(accessToken),
    )
    refreshes.set(accessToken, refreshing)
    return refreshing
  }

  return {
    current: async () => {
      await Promise.allSettled(refreshes.values())
      return await read()
    },
    exclusively,
    start: (session) => write(() => store.set(session)),
    end: ({ userId }) => write((stored) => (stored?.userId === userId ? store.clear() : undefined)),
    replace,
    renew: async ({ accessToken, userId }) => {
      const stored = await refreshOnce(accessToken)
      return stored?.userId === userId
    },
  }
}
