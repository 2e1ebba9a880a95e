/** After so long, whoever holds the lock is taken for hung. */
const waitMilliseconds = 10_000

interface LockOptions {
  ifAvailable?: boolean
  signal?: AbortSignal
}

/** The part of the browser's Web Locks that is used. W3C Web Locks API. */
interface Locks {
  request<Result>(
    name: string,
    options: LockOptions,
    work: (lock: unknown) => Promise<Result>,
  ): Promise<Result>
}

const taken = Symbol('taken')

/**
 * Does the work while no other tab does what has the same name; it is told whether another one did before. Without Web
 * Locks, as on a page that came by plain HTTP, and behind a tab that hangs, it is done all the same: the
 * server gives two who refresh at once the same tokens.
 */
export async function withLock<Result>(
  name: string,
  work: (isAfterAnother: boolean) => Promise<Result>,
): Promise<Result> {
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {}
  if (!locks) return await work(false)
  let isBegun = false
  const begin = (isAfterAnother: boolean) => {
    isBegun = true
    return work(isAfterAnother)
  }
  try {
    const first = await locks.request<Result | typeof taken>(name, { ifAvailable: true }, (lock) =>
      lock === null ? Promise.resolve(taken) : begin(false),
    )
    if (first !== taken) return first
    return await locks.request(name, { signal: AbortSignal.timeout(waitMilliseconds) }, () => begin(true))
  } catch (error) {
    if (isBegun) throw error
    return await work(false)
  }
}
