import type { Context } from '../context.ts'
import type { Principal } from '../guard/principal.ts'
import { once } from './once.ts'

interface Calling extends Context {
  principal: Principal
}

interface Call<Own, Input> {
  ctx: Own
  input: Input
  path: string
}

interface Options {
  /** Whether the call is another one by another session or token of the same user. Default not. */
  byCredential?: boolean
}

/**
 * What a procedure does, done once for each idempotency key. It writes, and reaches what is beyond the
 * database, by the context that it is given alone.
 */
export function keyed<Own extends Calling, Input, Answer>(
  work: (ctx: Own, input: Input) => Promise<Answer>,
  { byCredential = false }: Options = {},
) {
  return ({ ctx, input, path }: Call<Own, Input>): Promise<Answer> => {
    const { principal } = ctx
    const user = principal.kind === 'user' ? principal : undefined
    const said = byCredential ? { input, by: user?.credential } : input
    return once(ctx, { ownerId: user?.userId, path, input: said }, async () => (own) => work(own, input))
  }
}
