import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createGate } from '../fixtures/gate.ts'
import { inBrowser } from '../fixtures/react-page.ts'
import { createTwoDevices, openTaskPage, rendered, titlesOf } from '../fixtures/task-page.ts'
import { forgetDeletions } from '../fixtures/watching.ts'

inBrowser()
let database: Database
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

/** A page that follows what another device does. */
async function follow(titles: readonly string[]) {
  const devices = await createTwoDevices(database, titles)
  const { backend, client, tasks } = devices
  const { next: since } = await client.tasks.changes.query()
  const first = tasks[0] as NonNullable<(typeof tasks)[0]>
  const options = { client, live: { since }, ...(tasks.length > 0 && { taskId: first.id }) }
  const page = await openTaskPage(options)
  await page.until(({ open, byTitle, counts }) => open && byTitle && counts)
  await backend.streams.until(1)
  backend.sent.length = 0
  return { ...devices, page, first }
}

describe('what another device writes', () => {
  it('shows in its place, without a list that is asked for', async () => {
    const { page, other, first, backend } = await follow(['A', 'B'])
    await other.tasks.create.mutate({ title: 'C' })
    await page.until(({ open }) => titlesOf(open)?.join() === 'C,B,A')
    await other.tasks.update.mutate({ id: first.id, title: 'D' })
    await page.until(({ byTitle, task }) => titlesOf(byTitle)?.join() === 'B,C,D' && task?.title === 'D')
    await other.tasks.complete.mutate({ id: first.id })
    await page.until(({ open }) => titlesOf(open)?.join() === 'C,B')
    await page.until(({ counts }) => counts?.open === 2 && counts.completed === 1)
    expect(backend.calls('tasks.list')).toBe(0)
  })

  it('disappears when it is deleted, and returns when it is restored', async () => {
    const { page, other, first } = await follow(['A', 'B'])
    await other.tasks.delete.mutate({ id: first.id })
    await page.until(({ open, byTitle }) => open?.length === 1 && byTitle?.length === 1)
    await page.until(({ counts }) => counts?.trashed === 1)
    await other.tasks.restore.mutate({ id: first.id })
    await page.until(({ open, byTitle }) => titlesOf(open)?.join() === 'B,A' && byTitle?.length === 2)
  })

  it('is asked for where only the server knows its place, once for many changes', async () => {
    const { page, other, backend } = await follow(['A', 'B', 'C', 'D'])
    await page.until(({ openTotal }) => openTotal === 4)
    const operations = Array.from({ length: 30 }, (_, index) => ({
      op: 'create' as const,
      input: { title: `E${index}` },
    }))
    await other.tasks.batch.mutate({ atomic: true, operations })
    await page.until(({ openTotal, byTitle }) => openTotal === 34 && byTitle?.length === 34)
    await page.shown.loadMore()
    await page.until(({ open }) => new Set(titlesOf(open)).size === open?.length)
    expect(backend.calls('tasks.list')).toBeLessThanOrEqual(5)
  })

  it('lies under what is written here and not answered yet', async () => {
    const { page, other, first, backend } = await follow(['A'])
    const gate = createGate()
    backend.between = async (sent, forward) => {
      if (sent.paths.includes('tasks.complete')) await gate.opened
      return await forward()
    }
    const done = page.shown.writes.complete({ id: first.id }).catch((error: Error) => error)
    await page.until(({ open }) => open?.length === 0)
    await other.tasks.update.mutate({ id: first.id, title: 'Renamed' })
    await page.until(({ byTitle }) => titlesOf(byTitle)?.join() === 'Renamed')
    expect(page.shown.byTitle?.[0]?.completed).toBe(true)
    gate.open()
    expect(await done).toBeInstanceOf(Error)
    await page.until(({ conflicts, open }) => conflicts.length === 1 && open?.length === 1)
  })
})

describe('a connection that is lost', () => {
  it('is made again, and misses nothing', async () => {
    const { page, other, backend } = await follow(['A'])
    let failures = 0
    backend.between = async (_, forward) => {
      if (failures < 3) {
        failures += 1
        throw new TypeError('fetch failed')
      }
      return await forward()
    }
    backend.cut()
    await vi.waitFor(() => expect(failures).toBe(3), { timeout: 5000 })
    await other.tasks.create.mutate({ title: 'Meanwhile' })
    await page.until(({ open }) => titlesOf(open)?.join() === 'Meanwhile,A')
  })

  it('for longer than deletions are told has everything asked for anew', async () => {
    const { page, other, client, backend, first } = await follow(['A', 'B'])
    let isAway = true
    backend.between = async (sent, forward) => {
      if (isAway && sent.paths.includes('tasks.onChange')) throw new TypeError('fetch failed')
      return await forward()
    }
    backend.cut()
    await other.tasks.delete.mutate({ id: first.id })
    await forgetDeletions(database)
    expect((await client.tasks.list.query({ trashed: true })).tasks).toEqual([])
    isAway = false
    await page.until(
      ({ open, byTitle }) => titlesOf(open)?.join() === 'B' && titlesOf(byTitle)?.join() === 'B',
    )
  })
})

it('what came while an answer was awaited that never came is not told again over what is newer', async () => {
  const { page, other, backend, first } = await follow(['A', 'B'])
  const gate = createGate()
  let isRefused = true
  backend.between = async (sent, forward) => {
    if (!isRefused || !sent.paths.includes('tasks.list')) return await forward()
    await gate.opened
    return new Response('', { status: 404 })
  }
  const asked = page.queryClient.invalidateQueries({ queryKey: [['tasks', 'list']] })
  await other.tasks.delete.mutate({ id: first.id })
  await page.until(({ open, counts }) => titlesOf(open)?.join() === 'B' && counts?.trashed === 1)
  gate.open()
  await asked
  isRefused = false
  await other.tasks.restore.mutate({ id: first.id })
  await page.until(({ open, counts }) => titlesOf(open)?.join() === 'B,A' && counts?.trashed === 0)
  await rendered()
  expect(titlesOf(page.shown.open)).toEqual(['B', 'A'])
})

describe('following', () => {
  it('that is refused for good is told', async () => {
    const { client, backend } = await createTwoDevices(database, ['A'])
    backend.between = async (sent, forward) =>
      sent.paths.includes('tasks.onChange') ? new Response('', { status: 404 }) : await forward()
    const failures: unknown[] = []
    await openTaskPage({ client, live: { onFailure: (error) => failures.push(error) } })
    await vi.waitFor(() => expect(failures).toEqual([expect.any(Error)]), { timeout: 5000 })
  })

  it('asks for everything anew when it is not known where the feed stood', async () => {
    const { client, other, backend } = await createTwoDevices(database, ['A'])
    const page = await openTaskPage({ client })
    await page.until(({ open, byTitle, counts }) => open && byTitle && counts)
    page.leave()
    await other.tasks.create.mutate({ title: 'Unseen' })
    const { queryClient } = page
    const next = await openTaskPage({ client, queryClient, live: {} })
    await next.until(({ open }) => titlesOf(open)?.join() === 'Unseen,A')
    expect(backend.calls('tasks.onChange')).toBe(1)
  })

  it('goes on where it was when the page shows it again', async () => {
    const { page, client, other } = await follow(['A'])
    page.leave()
    await other.tasks.create.mutate({ title: 'B' })
    await other.tasks.create.mutate({ title: 'C' })
    const next = await openTaskPage({ client, queryClient: page.queryClient, live: {} })
    await next.until(({ open }) => titlesOf(open)?.join() === 'C,B,A')
  })

  it('ends with the page, and with the session', async () => {
    const { page, backend } = await follow(['A'])
    page.leave()
    await backend.streams.until(0)
    const second = await follow(['A'])
    await second.client.auth.logOut.mutate()
    await second.backend.streams.until(0)
  })
})
