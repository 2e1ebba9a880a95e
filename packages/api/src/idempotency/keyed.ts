import type { SignedInContext } from '../trpc.ts'
import { once } from './once.ts'

interface Call<Input> {
  ctx: SignedInContext
  input: Input
  path: string
}

/** What a procedure does, done once for each idempotency key. It may write by the context that it is given alone. */
export function keyed<Input, Answer>(work: (ctx: SignedInContext, input: Input) => Promise<Answer>) {
  return ({ ctx, input, path }: Call<Input>): Promise<Answer> => {
    const call = { ownerId: ctx.principal.userId, path, input }
    return once(ctx, call, (own) => work(own, input))
  }
}
