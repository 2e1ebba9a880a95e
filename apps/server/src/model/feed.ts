import type { TaskChanges } from '@tasklane/api/contract'
import { expect } from 'vitest'
import type { Account } from './account.ts'
import { expectTask, expectTasks } from './explain.ts'
import { listAll } from './pages.ts'
import type { Device } from './world.ts'

/** Reads one page of the feed from where the client stands. Gives whether it was the last. */
export async function readPage(
  device: Device,
  limit: number,
): Promise<{ page: TaskChanges; isLast: boolean }> {
  const { client, follower } = device
  const since = follower.position
  const page = await client.tasks.changes.query({ since, limit })
  const seqs = page.changes.map(({ seq }) => seq)
  expect(seqs.length).toBeLessThanOrEqual(limit)
  expect(seqs.filter((seq) => seq <= since)).toEqual([])
  if (!page.resync) expect(page.next).toBeGreaterThanOrEqual(since)
  const isLast = page.resync || seqs.length < limit
  if (!isLast) expect(page.next).toBe(seqs.at(-1))
  follower.take(page)
  if (page.resync) await loadAll(device, { next: page.next, limit })
  return { page, isLast }
}

/**
 * Reads the page while nobody writes: it tells the tasks as they are now, and after the last one the
 * client has them all.
 */
export async function readPageInPeace(device: Device, account: Account, limit: number): Promise<boolean> {
  const { page, isLast } = await readPage(device, limit)
  for (const change of page.changes) {
    if (change.type === 'upsert') expectTask(account, liveTask(account, change.task.id), change.task)
    else expect(liveTask(account, change.id)).toBeUndefined()
  }
  if (isLast) {
    expectState(account, device.follower.state)
    device.follower.mayResync = false
  }
  return isLast
}

/** Fails unless what a client has put together is what the user has. */
export function expectState(account: Account, state: Device['follower']['state']): void {
  for (const [id, task] of state) expect(task.id).toBe(id)
  expectTasks(account, account.live, [...state.values()])
}

async function loadAll(
  { client, follower }: Device,
  { next, limit }: { next: number; limit: number },
): Promise<void> {
  const { tasks } = await listAll(client, { list: { sort: 'createdAt', order: 'asc' }, limits: [limit] })
  follower.load(tasks, next)
}

function liveTask(account: Account, id: string) {
  return account.live.find(({ origin }) => origin.id === id)
}
