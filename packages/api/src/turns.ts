/** Has those who do the same wait for each other, first come first served. */
export interface Turns {
  /** Does the work when all that came before under this name is done, and tells it whether there was something. */
  take<Result>(name: string, work: (isAfterAnother: boolean) => Promise<Result>): Promise<Result>
}

/** For who has the turn already. */
export const atOnce: Turns = { take: (_name, work) => work(false) }

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    async take(name, work) {
      const before = last.get(name)
      const mine = (before ?? Promise.resolve()).then(() => work(before !== undefined))
      const done = mine.catch(() => {})
      last.set(name, done)
      try {
        return await mine
      } finally {
        if (last.get(name) === done) last.delete(name)
      }
    },
  }
}
