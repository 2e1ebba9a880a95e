/** Has those who do the same wait for each other, first come first served. */
export interface Turns {
  /** Does the work when all that came before under this name is done. */
  take<Result>(name: string, work: () => Promise<Result>): Promise<Result>
}

/** For who has the turn already. */
export const atOnce: Turns = { take: (_name, work) => work() }

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    async take(name, work) {
      const mine = (last.get(name) ?? Promise.resolve()).then(work)
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
