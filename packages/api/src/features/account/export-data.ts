import { z } from 'zod'
import { describeEvent } from '../../audit/events.ts'
import { insertEvent } from '../../audit/queries.ts'
import type { Context } from '../../context.ts'
import { readCursor, writeCursor } from '../../cursor.ts'
import { requestLimits } from '../../limits.ts'
import { accountPageLimits, type ExportData, type ExportedData } from './contract.ts'
import { getCredentials, listAllTasks, listEvents } from './export-queries.ts'
import { requireAccount } from './require-account.ts'

const cursors = { list: 'export', value: z.literal('') }
const { exportedTasks, exportedRowsMax } = accountPageLimits

/** Everything that the caller owns, page by page. The first page has all but the tasks, and is an event. */
export async function exportData(
  ctx: Context,
  { userId, cursor }: ExportData & { userId: string },
): Promise<ExportedData> {
  const afterId = cursor === undefined ? undefined : readCursor({ ...cursors, cursor }).id
  // The first page is so large that a request has room for one.
  ctx.room.takeTasks(afterId === undefined ? requestLimits.listedTasksMax : exportedTasks)
  const account = afterId === undefined ? await exportAccount(ctx, userId) : undefined
  const rows = await listAllTasks(ctx.db, { userId, afterId, limit: exportedTasks + 1 })
  const tasks = rows.slice(0, exportedTasks)
  const textLength = tasks.reduce((length, { description }) => length + (description?.length ?? 0), 0)
  // A page that is alone in its request always has room.
  ctx.room.takeText(Math.min(textLength, requestLimits.listedTextMax))
  const last = rows.length > exportedTasks ? tasks.at(-1) : undefined
  return {
    account,
    tasks,
    nextCursor: last ? writeCursor(cursors.list, { value: '', id: last.id }) : null,
  }
}

async function exportAccount(ctx: Context, userId: string): Promise<ExportedData['account']> {
  const user = await requireAccount(ctx, userId)
  await insertEvent(ctx.db, describeEvent(ctx, { type: 'data_export', userId }))
  return {
    user,
    ...(await getCredentials(ctx.db, { userId, limit: exportedRowsMax })),
    events: await listEvents(ctx.db, { userId, after: undefined, limit: exportedRowsMax }),
  }
}
