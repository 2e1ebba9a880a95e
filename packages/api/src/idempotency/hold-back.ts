import type { Refusal } from '../audit/refusals.ts'
import type { Context } from '../context.ts'

type Outside = Pick<Context, 'background' | 'log' | 'refusals' | 'revocations'>

/** What is done outside of a transaction while it is open, kept until it is known how it ended. */
export interface HeldBack {
  /** To be used in the transaction. */
  outside: Outside
  /** The transaction was committed: mail leaves, and credentials are refused. */
  commit(): void
  /** Nobody knows how it ended: credentials are refused, for it may have been committed. */
  doubt(): void
  /** It was taken back, for a call that is refused: the refusal is recorded. */
  refuse(): Promise<void>
}

export function holdBack({ background, log, refusals, revocations }: Outside): HeldBack {
  const effects: (() => void)[] = []
  const endings: (() => void)[] = []
  const refused: Refusal[] = []
  const later = (effect: () => void) => void effects.push(effect)
  return {
    outside: {
      background: {
        ...background,
        run: (...work) => later(() => background.run(...work)),
        runLater: (...work) => later(() => background.runLater(...work)),
      },
      log: {
        info: (...line) => later(() => log.info(...line)),
        warn: (...line) => log.warn(...line),
        error: (...line) => log.error(...line),
      },
      revocations: {
        ...revocations,
        add: (revocation) => void endings.push(() => revocations.add(revocation)),
        lift: (revocation) => later(() => revocations.lift(revocation)),
      },
      refusals: { record: async (refusal) => void refused.push(refusal) },
    },
    commit() {
      for (const effect of [...endings, ...effects]) effect()
    },
    doubt() {
      for (const effect of endings) effect()
    },
    async refuse() {
      for (const refusal of refused) await refusals.record(refusal)
    },
  }
}
