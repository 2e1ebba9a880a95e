import type { Context } from '../../context.ts'
import { type ChangeRow, getFeedPosition, listChanges } from './change-queries.ts'
import type { ReadChanges, TaskChange, TaskChanges } from './contract.ts'

/**
 * The changes after `since`, or where the feed stands. Whoever has read less than what retention has
 * forgotten since, or more than there is, is told to load everything anew and go on from there.
 */
export async function readChanges(
  ctx: Pick<Context, 'db' | 'room'>,
  { ownerId, since, limit }: ReadChanges & { ownerId: string },
): Promise<TaskChanges> {
  if (since === undefined) return { changes: [], next: await getFeedPosition(ctx.db, ownerId), resync: false }
  ctx.room.takeTasks(limit)
  const rows = await listChanges(ctx.db, { ownerId, since, limit })
  const { feedSeq = 0, forgottenSeq = 0 } = rows[0] ?? {}
  if (since < forgottenSeq || since > feedSeq) return { changes: [], next: feedSeq, resync: true }
  ctx.room.takeText(rows.reduce((length, { task }) => length + (task.description?.length ?? 0), 0))
  const changes = rows.flatMap(changeOf)
  const isLastPage = changes.length < limit
  return { changes, next: isLastPage ? feedSeq : (changes.at(-1)?.seq ?? since), resync: false }
}

function changeOf({ seq, task }: ChangeRow): TaskChange[] {
  if (seq === null || task.id === null) return []
  return isLive(task) ? [{ seq, type: 'upsert', task }] : [{ seq, type: 'delete', id: task.id }]
}

function isLive(task: ChangeRow['task']): task is Extract<TaskChange, { type: 'upsert' }>['task'] {
  return task.deletedAt === null
}
