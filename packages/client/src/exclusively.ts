/** After so long, whoever holds the lock is taken for hung. */
const waitMilliseconds = 10_000

/** The part of the browser's Web Locks that is used. W3C Web Locks API. */
interface Locks {
  request<Result>(
    name: string,
    options: { signal: AbortSignal },
    work: () => Promise<Result>,
  ): Promise<Result>
}

/**
 * Does the work while no other tab does what has the same name. Without Web Locks, as on a page that came by plain
 * HTTP, and behind a tab that hangs, it is done all the same: the server gives two who refresh at once the same tokens.
 */
export async function exclusively<Result>(
  name: string | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {}
  if (name === undefined || !locks) return await work()
  let isMine = false
  try {
    return await locks.request(name, { signal: AbortSignal.timeout(waitMilliseconds) }, () => {
      isMine = true
      return work()
    })
  } catch (error) {
    if (isMine) throw error
    return await work()
  }
}
