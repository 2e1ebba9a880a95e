import type { SessionStore } from './session.ts'

/**
 * Tells who is signed in whenever that has become somebody else, or nobody. Gives what has to be called after
 * each write; the store tells of those of others.
 */
export function tellUserChanges(
  store: SessionStore,
  tell: (userId: string | undefined) => void,
): () => Promise<void> {
  const userOf = async () => (await store.get())?.userId
  let told = userOf()
  const look = async () => {
    const before = told
    told = before.then(async (known) => {
      const userId = await userOf()
      if (userId !== known) tell(userId)
      return userId
    })
    await told
  }
  // A store that cannot be read tells its caller so.
  store.onChange?.(() => void look().catch(() => {}))
  return look
}
