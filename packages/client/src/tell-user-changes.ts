import type { SessionStore } from './session.ts'

/**
 * Tells who is signed in whenever that has become somebody else, or nobody. Gives what has to be called after
 * each write, and never fails; the store tells of those of others.
 */
export function tellUserChanges(
  store: SessionStore,
  tell: (userId: string | undefined) => void,
): () => Promise<void> {
  const userOf = async () => (await store.get())?.userId
  let told = userOf().catch(() => undefined)

  async function lookAfter(known: string | undefined): Promise<string | undefined> {
    // A store that cannot be read tells whoever calls by it.
    const userId = await userOf().catch(() => known)
    if (userId !== known) tellApart(() => tell(userId))
    return userId
  }

  const look = async () => {
    told = told.then(lookAfter)
    await told
  }
  store.onChange?.(() => void look())
  return look
}

/** What a listener throws is its own failure, and not that of the call which it is told of. */
function tellApart(tell: () => void): void {
  try {
    tell()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
