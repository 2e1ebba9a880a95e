import { AppError } from './errors.ts'

/** Wakes those who follow a user's changes. It carries no data: whoever wakes asks the database. */
export interface ChangeBus {
  /** Says that tasks of this user may have changed. Call it after the commit. */
  publish(userId: string): void
  /**
   * Listens from now on.
   *
   * @throws AppError `STREAMS_TOO_MANY` or `SERVER_CLOSING`.
   */
  subscribe(userId: string): ChangeSubscription
  /** Ends every subscription, and takes none any more. */
  close(): void
}

export interface ChangeSubscription {
  /**
   * Resolves at once if it was woken since the last time, else as soon as it is, or when the time is up.
   *
   * @throws AppError `SERVER_CLOSING` when the bus closes.
   */
  woken(timeoutMilliseconds: number): Promise<void>
  wake(): void
  /** Stops listening, and waiting. */
  end(): void
}

/** Subscriptions of one user on one process. */
const subscriptionsMax = 100

/** Wakes within this process. */
export function createChangeBus(): ChangeBus {
  const subscriptionsOf = new Map<string, Set<OpenSubscription>>()
  let closing: AppError | undefined

  return {
    publish(userId) {
      for (const subscription of subscriptionsOf.get(userId) ?? []) subscription.wake()
    },
    subscribe(userId) {
      if (closing) throw closing
      const own = subscriptionsOf.get(userId) ?? new Set()
      if (own.size >= subscriptionsMax) throw new AppError('STREAMS_TOO_MANY')
      const subscription = new OpenSubscription(() => {
        if (own.delete(subscription) && own.size === 0) subscriptionsOf.delete(userId)
      })
      subscriptionsOf.set(userId, own.add(subscription))
      return subscription
    },
    close() {
      closing = new AppError('SERVER_CLOSING', { retryAfterSeconds: 1 })
      for (const own of subscriptionsOf.values()) for (const each of own) each.fail(closing)
    },
  }
}

class OpenSubscription implements ChangeSubscription {
  #isWoken = false
  #failure: AppError | undefined
  #onNews = () => {}
  readonly #remove: () => void

  constructor(remove: () => void) {
    this.#remove = remove
  }

  wake(): void {
    this.#isWoken = true
    this.#onNews()
  }

  fail(failure: AppError): void {
    this.#failure = failure
    this.#onNews()
  }

  end(): void {
    this.#remove()
    this.#onNews()
  }

  async woken(timeoutMilliseconds: number): Promise<void> {
    if (!this.#isWoken && !this.#failure) await this.#news(timeoutMilliseconds)
    if (this.#failure) throw this.#failure
    this.#isWoken = false
  }

  #news(timeoutMilliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMilliseconds)
      this.#onNews = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
