import type { Context } from '../context.ts'
import { AppError } from '../errors.ts'
import { transformer } from '../transformer.ts'
import { atOnce } from '../turns.ts'
import { unlessOwnerIsGone } from '../unless-owner-is-gone.ts'
import { holdBack } from './hold-back.ts'
import { getKeptAnswer, type KeptAnswer, keepAnswer } from './queries.ts'

/** How long a call can be repeated under its key. */
export const keptHours = 24

interface Call {
  /** Absent: a program of ours calls, which keeps nothing. */
  ownerId: string | undefined
  /** The procedure. */
  path: string
  /** All that tells this call from another. */
  input: unknown
}

/** What a call writes. It reaches the database, and all else, by the context that it is given alone. */
export type Write<Own, Answer> = (own: Own) => Promise<Answer>

/** Thrown to take back what was done when the same call was faster. */
class OvertakenError extends Error {
  override name = 'OvertakenError'
}

/**
 * Makes a call at most once under its idempotency key, whoever repeats it, at once or within a day. What
 * it writes and its answer are kept in one transaction; a call that is refused keeps nothing. Without a
 * key it is simply made.
 *
 * What takes long, or is counted, belongs into `prepare`: it holds no connection, and what it writes stays. Calls of
 * one owner prepare one after the other, in this process: the same call again finds the answer.
 *
 * @throws AppError `IDEMPOTENCY_KEY_REUSED` when the key stands for another call.
 */
export async function once<Own extends Context, Answer>(
  ctx: Own,
  { ownerId, path, input }: Call,
  prepare: () => Promise<Write<Own, Answer>>,
): Promise<Answer> {
  const { idempotencyKey: key, answerSeal } = ctx
  if (key === undefined || ownerId === undefined) return await (await prepare())(ctx)
  const now = ctx.now()
  const call = { ownerId, key, since: new Date(now.getTime() - keptHours * 3_600_000) }
  const said = JSON.stringify([ownerId, key, path, input], inOrder)
  const repeat = ({ requestHash, answer }: KeptAnswer): Answer => {
    const text = answerSeal.isMarkOf(said, requestHash) ? answerSeal.open(answer) : undefined
    if (text === undefined) throw new AppError('IDEMPOTENCY_KEY_REUSED')
    return transformer.output.deserialize(JSON.parse(text)) as Answer
  }

  const kept = await getKeptAnswer(ctx.db, call)
  if (kept) return repeat(kept)
  const held = holdBack(ctx)
  let written: { answer: Uint8Array; made: Answer } | undefined

  async function write(): Promise<Answer> {
    const work = await prepare()
    return await ctx.db.transaction(async (tx) => {
      const made = await work({ ...ctx, ...held.outside, db: tx, ownerTurns: atOnce })
      const answer = answerSeal.close(JSON.stringify(transformer.output.serialize(made)))
      const row = { ...call, requestHash: answerSeal.mark(said), answer, now }
      if (!(await unlessOwnerIsGone(keepAnswer(tx, row)))) throw new OvertakenError()
      written = { answer, made }
      return made
    })
  }

  /** Another connection may have been faster, or the answer to the commit was lost. */
  async function answerAfter(error: unknown): Promise<Answer> {
    const isUndone = error instanceof AppError || error instanceof OvertakenError
    if (!isUndone && !written) throw error
    const other = await getKeptAnswer(ctx.db, call).catch((away: unknown) => {
      if (!isUndone) held.doubt()
      throw isUndone ? away : error
    })
    if (other && written && isSame(other.answer, written.answer)) {
      held.commit()
      return written.made
    }
    // What the faster one did may be why this one was refused.
    if (other) return repeat(other)
    await held.refuse()
    throw error
  }

  return await ctx.ownerTurns.take(ownerId, async (isAfterAnother) => {
    const faster = isAfterAnother ? await getKeptAnswer(ctx.db, call) : undefined
    if (faster) return repeat(faster)
    try {
      const made = await write()
      held.commit()
      return made
    } catch (error) {
      return await answerAfter(error)
    }
  })
}

/** Each sealing of the same text is another one. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

/** For `JSON.stringify`: the order in which fields were sent says nothing. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
