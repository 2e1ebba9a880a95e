import { expect, it } from 'vitest'
import { browserStore, type StringStorage } from './browser-store.ts'

const session = { userId: 'u', accessToken: 'a', refreshToken: 'r' }

function createStorage(): StringStorage & { items: Map<string, string> } {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      items.set(key, value)
    },
    removeItem: (key) => {
      items.delete(key)
    },
  }
}

it('keeps the session under its key, for every store of the same storage', async () => {
  const storage = createStorage()
  await browserStore({ storage }).set(session)
  expect([...storage.items.keys()]).toEqual(['tasklane.session'])
  expect(browserStore({ storage }).get()).toEqual(session)
})

it('keeps sessions under other keys apart', async () => {
  const storage = createStorage()
  await browserStore({ storage, key: 'other' }).set(session)
  expect(browserStore({ storage }).get()).toBeUndefined()
  expect(browserStore({ storage, key: 'other' }).get()).toEqual(session)
})

it('forgets the session', async () => {
  const storage = createStorage()
  const store = browserStore({ storage })
  await store.set(session)
  await store.clear()
  expect(store.get()).toBeUndefined()
  expect(storage.items.size).toBe(0)
})

it.each(['', 'null', '{', '{"userId":1,"accessToken":"a","refreshToken":"r"}'])(
  'gives no session where %j is stored',
  (text) => {
    const storage = createStorage()
    storage.setItem('tasklane.session', text)
    expect(browserStore({ storage }).get()).toBeUndefined()
  },
)

it('has no session where there is no localStorage, and refuses to lose one', () => {
  const store = browserStore()
  expect(store.get()).toBeUndefined()
  expect(() => store.set(session)).toThrow('there is no localStorage')
  expect(() => store.clear()).not.toThrow()
})
