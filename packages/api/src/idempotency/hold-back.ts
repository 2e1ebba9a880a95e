import type { Refusal } from '../audit/refusals.ts'
import type { Context } from '../context.ts'

type Outside = Pick<Context, 'background' | 'refusals' | 'revocations'>

/** What is done outside of a transaction while it is open, kept until it is known how it ended. */
export interface HeldBack {
  /** To be used in the transaction. */
  outside: Outside
  /** The transaction was committed: mail leaves, and credentials are refused. */
  commit(): void
  /** It was taken back, for a call that is refused: the refusal is recorded. */
  refuse(): Promise<void>
}

export function holdBack({ background, refusals, revocations }: Outside): HeldBack {
  const effects: (() => void)[] = []
  const refused: Refusal[] = []
  const later = (effect: () => void) => void effects.push(effect)
  return {
    outside: {
      background: {
        ...background,
        run: (...work) => later(() => background.run(...work)),
        runLater: (...work) => later(() => background.runLater(...work)),
      },
      revocations: {
        ...revocations,
        add: (revocation) => later(() => revocations.add(revocation)),
        lift: (revocation) => later(() => revocations.lift(revocation)),
      },
      refusals: { record: async (refusal) => void refused.push(refusal) },
    },
    commit() {
      for (const effect of effects) effect()
    },
    async refuse() {
      for (const refusal of refused) await refusals.record(refusal)
    },
  }
}
