import { expect, it } from 'vitest'
import { createGate } from './fixtures/gate.ts'
import type { Session, SessionStore } from './session.ts'
import { createSessionKeeper } from './session-keeper.ts'

const expired = { userId: 'first', accessToken: 'a1', refreshToken: 'r1' }
const refreshed = { userId: 'first', accessToken: 'a2', refreshToken: 'r2' }
const other = { userId: 'second', accessToken: 'b1', refreshToken: 's1' }

/** A store whose reads say what was there when they were asked, and answer when they are let. */
function createSlowStore(
  before: Session,
): SessionStore & { stored: Session | undefined; wait: Promise<void> } {
  const store = {
    stored: before as Session | undefined,
    wait: Promise.resolve(),
    get: async () => {
      const { stored, wait } = store
      await wait
      return stored
    },
    set: async (session: Session) => {
      store.stored = session
    },
    clear: async () => {
      store.stored = undefined
    },
  }
  return store
}

it('lets a log-in win over a refresh that is being written', async () => {
  const store = createSlowStore(expired)
  const reads = createGate()
  const refresh = async () => {
    store.wait = reads.opened
    return refreshed
  }
  const keeper = createSessionKeeper({ store, refresh })
  const renewed = keeper.renew(expired)
  await new Promise((resolve) => setTimeout(resolve))
  store.wait = Promise.resolve()
  const started = keeper.start(other)
  await new Promise((resolve) => setTimeout(resolve))
  reads.open()
  await started
  expect(await renewed).toBe(false)
  expect(store.stored).toEqual(other)
})

it('goes on after a write that failed', async () => {
  const store = createSlowStore(expired)
  const keeper = createSessionKeeper({ store, refresh: async () => undefined })
  const { set } = store
  store.set = () => Promise.reject(new Error('the disk is full'))
  await expect(keeper.start(other)).rejects.toThrow('the disk is full')
  store.set = set
  await keeper.start(other)
  expect(await keeper.current()).toEqual(other)
})

it('asks for one refresh, however slowly the store is read', async () => {
  const store = createSlowStore(expired)
  const reads = createGate()
  store.wait = reads.opened
  let refreshes = 0
  const refresh = async () => {
    refreshes += 1
    return refreshed
  }
  const keeper = createSessionKeeper({ store, refresh })
  const renewed = Array.from({ length: 10 }, () => keeper.renew(expired))
  reads.open()
  expect(await Promise.all(renewed)).toEqual(Array(10).fill(true))
  expect(await keeper.renew(expired)).toBe(true)
  expect(refreshes).toBe(1)
  expect(store.stored).toEqual(refreshed)
})
