import { createHash } from 'node:crypto'
import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'
import { transformer } from '../transformer.ts'
import { atOnce } from '../turns.ts'
import { unlessOwnerIsGone } from '../unless-owner-is-gone.ts'
import { getKeptAnswer, type KeptAnswer, keepAnswer } from './queries.ts'

/** How long a call can be repeated under its key. */
export const keptHours = 24

interface Call {
  ownerId: string
  /** The procedure. */
  path: string
  input: unknown
}

/** Thrown to take back what was done when the same call was faster. */
class OvertakenError extends Error {
  override name = 'OvertakenError'
}

/**
 * Makes a call at most once under its idempotency key, whoever repeats it, at once or within a day. What
 * it writes and its answer are kept in one transaction; a call that is refused keeps nothing. Without a
 * key it is simply made.
 *
 * @throws AppError `IDEMPOTENCY_KEY_REUSED` when the key stands for another call.
 */
export async function once<Own extends Context, Answer>(
  ctx: Own,
  { ownerId, path, input }: Call,
  work: (ctx: Own) => Promise<Answer>,
): Promise<Answer> {
  const { idempotencyKey: key, answerSeal } = ctx
  if (key === undefined) return await work(ctx)
  const now = ctx.now()
  const call = { ownerId, key, since: new Date(now.getTime() - keptHours * 3_600_000) }
  const requestHash = createHash('sha256')
    .update(JSON.stringify([path, input], inOrder))
    .digest()
  const repeat = (kept: KeptAnswer): Answer => {
    const text = requestHash.equals(kept.requestHash) ? answerSeal.open(kept.answer) : undefined
    if (text === undefined) throw new AppError('IDEMPOTENCY_KEY_REUSED')
    return transformer.output.deserialize(JSON.parse(text)) as Answer
  }

  const kept = await getKeptAnswer(ctx.db, call)
  if (kept) return repeat(kept)
  try {
    return await ctx.ownerTurns.take(ownerId, () =>
      ctx.db.transaction(async (tx) => {
        const made = await work({ ...ctx, db: tx, ownerTurns: atOnce })
        const answer = answerSeal.close(JSON.stringify(transformer.output.serialize(made)))
        const isKept = await unlessOwnerIsGone(keepAnswer(tx, { ...call, requestHash, answer, now }))
        if (!isKept) throw new OvertakenError()
        return made
      }),
    )
  } catch (error) {
    // What the faster one did may be why this one was refused.
    const other =
      error instanceof AppError || error instanceof OvertakenError
        ? await getKeptAnswer(ctx.db, call)
        : undefined
    if (other) return repeat(other)
    throw error
  }
}

/** For `JSON.stringify`: the order in which fields were sent says nothing. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
