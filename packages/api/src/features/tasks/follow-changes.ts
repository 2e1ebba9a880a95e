import { type TrackedEnvelope, tracked } from '@trpc/server'
import type { Context } from '../../context.ts'
import type { UserPrincipal } from '../../guard/principal.ts'
import { type FollowChanges, type TaskChanges, taskLimits } from './contract.ts'
import { readChanges } from './read-changes.ts'

interface Follow extends FollowChanges {
  principal: UserPrincipal
  signal: AbortSignal | undefined
}

/**
 * Gives the changes after `since` as they come, each page with the number to go on from. Ends by an
 * error: when the credential does, and when the server closes.
 */
export async function* followChanges(
  ctx: Context,
  { principal, signal, lastEventId, since }: Follow,
): AsyncGenerator<TrackedEnvelope<TaskChanges>, void> {
  const { userId: ownerId } = principal
  const limit = taskLimits.pageLimitMax
  const subscription = ctx.changeBus.subscribe(ownerId)
  const wake = () => subscription.wake()
  const stopListening = ctx.revocations.onAdd(() => {
    if (ctx.revocations.has(principal)) wake()
  })
  signal?.addEventListener('abort', wake)
  try {
    let from = lastEventId === undefined ? since : Number(lastEventId)
    while (!signal?.aborted) {
      const page = await readChanges(unlimited(ctx), { ownerId, since: from, limit })
      // After the reading: what was written since the credential ended is not in an earlier page.
      await ctx.authenticateAgain()
      if (from === undefined || page.resync || page.changes.length > 0) yield tracked(String(page.next), page)
      from = page.next
      if (page.changes.length === limit) wake()
      await subscription.woken(ctx.changesPollMilliseconds)
    }
  } finally {
    signal?.removeEventListener('abort', wake)
    stopListening()
    subscription.end()
  }
}

/** A stream holds one page at a time: the room of a request is not for its sum. */
function unlimited({ db }: Context): Pick<Context, 'db' | 'room'> {
  return { db, room: { takeTasks: () => {}, takeText: () => {} } }
}
