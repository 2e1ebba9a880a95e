import { onlineManager } from '@tanstack/react-query'
import type { Task } from '@tasklane/api/contract'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { reasonOf } from '../errors.ts'
import type { Sent } from '../fixtures/backend.ts'
import { newAccount, password } from '../fixtures/client.ts'
import { createGate } from '../fixtures/gate.ts'
import { inBrowser } from '../fixtures/react-page.ts'
import { createTwoDevices, openTaskPage, rendered, titlesOf } from '../fixtures/task-page.ts'
import { forgetUser } from '../react.ts'

inBrowser()
let database: Database
beforeAll(async () => {
  database = await createTestDatabase()
})
afterEach(() => onlineManager.setOnline(true))
afterAll(() => database.close())

/** A page of a user with tasks, the first of which is shown by itself too. */
async function openDevice(titles: readonly string[]) {
  const devices = await createTwoDevices(database, titles)
  const taskId = devices.tasks[0]?.id
  const page = await openTaskPage({ client: devices.client, ...(taskId !== undefined && { taskId }) })
  await page.until(
    ({ open, byTitle, task, counts }) => open && byTitle && counts && (task || taskId === undefined),
  )
  const [first] = devices.tasks
  const { backend } = devices
  backend.sent.length = 0
  /** Lets no write through until the gate is opened. */
  const hold = () => {
    const gate = createGate()
    backend.between = async (sent, forward) => {
      if (isWrite(sent)) await gate.opened
      return await forward()
    }
    return gate
  }
  return { ...devices, page, hold, first: first as NonNullable<typeof first> }
}

const isWrite = ({ paths }: Sent) =>
  paths.some((path) => /^tasks\.(create|update|complete|reopen|delete|restore)$/.test(path))

describe('a new task', () => {
  it('shows in every list before the server answers, and is the same one after', async () => {
    const { page, hold } = await openDevice(['B'])
    const gate = hold()
    const created = page.shown.writes.create({ title: 'A', tags: ['Home'] })
    await page.until(({ open }) => titlesOf(open)?.join() === 'A,B')
    expect(titlesOf(page.shown.byTitle)).toEqual(['A', 'B'])
    expect(page.shown).toMatchObject({ openTotal: 2, unsaved: [page.shown.open?.[0]?.id] })
    gate.open()
    const task = await created
    expect(task).toMatchObject({ title: 'A', tags: ['home'], version: 1, id: page.shown.open?.[0]?.id })
    await page.until(({ unsaved, open }) => unsaved.length === 0 && open?.[0]?.version === 1)
    await page.until(({ counts }) => counts?.open === 2)
  })

  it('is one row, though its answer was lost and it is sent again', async () => {
    const { page, backend, client } = await openDevice([])
    let isLost = false
    backend.between = async (sent, forward) => {
      const answer = await forward()
      if (isLost || !sent.paths.includes('tasks.create')) return answer
      isLost = true
      throw new TypeError('terminated')
    }
    await page.shown.writes.create({ title: 'Once' })
    expect(backend.calls('tasks.create')).toBe(2)
    expect(titlesOf((await client.tasks.list.query()).tasks)).toEqual(['Once'])
    expect(titlesOf(page.shown.open)).toEqual(['Once'])
  })

  it('is gone again when it is refused', async () => {
    const { page, hold } = await openDevice(['B'])
    const gate = hold()
    const refused = page.shown.writes.create({ title: 'x'.repeat(501) }).catch(reasonOf)
    await page.until(({ open }) => open?.length === 2)
    gate.open()
    expect(await refused).toBe('INPUT_INVALID')
    await page.until(({ open, byTitle }) => open?.length === 1 && byTitle?.length === 1)
    expect(page.shown).toMatchObject({ openTotal: 1, unsaved: [] })
  })
})

describe('a change', () => {
  it('shows in lists and in the task itself at once, and takes its place in the order', async () => {
    const { page, first, hold } = await openDevice(['A', 'B'])
    const gate = hold()
    const updated = page.shown.writes.update({ id: first.id, title: 'C', description: 'More' })
    await page.until(({ byTitle }) => titlesOf(byTitle)?.join() === 'B,C')
    expect(page.shown.task).toMatchObject({ title: 'C', description: 'More', version: 1 })
    gate.open()
    await updated
    await page.until(({ task }) => task?.version === 2)
    expect(titlesOf(page.shown.byTitle)).toEqual(['B', 'C'])
  })

  it.each(['complete', 'delete'] as const)(
    'by %s leaves the list, and comes back when undone',
    async (name) => {
      const { page, first, backend, hold } = await openDevice(['A', 'B'])
      const gate = hold()
      const done = page.shown.writes[name]({ id: first.id })
      await page.until(({ open }) => titlesOf(open)?.join() === 'B')
      expect(page.shown.byTitle).toHaveLength(name === 'complete' ? 2 : 1)
      gate.open()
      await done
      const undo = name === 'complete' ? 'reopen' : 'restore'
      await page.shown.writes[undo]({ id: first.id })
      await page.until(({ open, byTitle }) => titlesOf(open)?.join() === 'B,A' && byTitle?.length === 2)
      expect(backend.calls('tasks.list')).toBe(0)
    },
  )

  it('is taken back when it is refused', async () => {
    const { page, first, hold } = await openDevice(['A', 'B'])
    const gate = hold()
    const refused = page.shown.writes.update({ id: first.id, title: '' }).catch(reasonOf)
    await page.until(({ task }) => task?.title === '')
    gate.open()
    expect(await refused).toBe('INPUT_INVALID')
    await page.until(({ task, byTitle }) => task?.title === 'A' && titlesOf(byTitle)?.join() === 'A,B')
  })

  it('of a task that is gone takes it out of every list', async () => {
    const { page, first, other } = await openDevice(['A', 'B'])
    await other.tasks.delete.mutate({ id: first.id })
    const refused = page.shown.writes.update({ id: first.id, title: 'C' })
    expect(await refused.catch(reasonOf)).toBe('TASK_NOT_FOUND')
    await page.until(({ open, byTitle }) => open?.length === 1 && byTitle?.length === 1)
  })

  it('is still shown over an older answer that comes in between, and over one that comes late', async () => {
    const { page, first, backend, hold } = await openDevice(['A', 'B'])
    const gate = hold()
    const updated = page.shown.writes.update({ id: first.id, title: 'C' })
    await page.queryClient.invalidateQueries()
    await rendered()
    expect(titlesOf(page.shown.byTitle)).toEqual(['B', 'C'])
    const late = createGate()
    backend.between = async (sent, forward) => {
      const answer = await forward()
      if (sent.paths.includes('tasks.list')) await late.opened
      return answer
    }
    const refetched = page.queryClient.invalidateQueries()
    await new Promise((resolve) => setTimeout(resolve, 50))
    gate.open()
    await updated
    late.open()
    await refetched
    await rendered()
    expect(titlesOf(page.shown.byTitle)).toEqual(['B', 'C'])
  })
})

describe('quick changes of one task', () => {
  it('are sent one after the other, each for the version before it, and never conflict', async () => {
    const { page, first, client } = await openDevice(['A'])
    const { writes } = page.shown
    const { id } = first
    const all = [
      writes.update({ id, title: 'B' }),
      writes.complete({ id }),
      writes.update({ id, priority: 'high' }),
      writes.reopen({ id }),
      writes.update({ id, title: 'C' }),
    ]
    await page.until(({ task }) => task?.title === 'C')
    const answers = await Promise.all(all)
    expect(answers.map(({ version }) => version)).toEqual([2, 3, 4, 5, 6])
    const expected = { title: 'C', priority: 'high', completed: false }
    expect(await client.tasks.get.query({ id })).toMatchObject(expected)
    expect(page.shown.task).toMatchObject(expected)
  })

  it('follow a creation that is not answered yet', async () => {
    const { page, hold } = await openDevice([])
    const gate = hold()
    const id = crypto.randomUUID()
    const all = [
      page.shown.writes.create({ id, title: 'A' }),
      page.shown.writes.update({ id, title: 'B' }),
      page.shown.writes.update({ id, title: 'C' }),
    ]
    await page.until(({ open }) => titlesOf(open)?.join() === 'C')
    gate.open()
    expect((await Promise.all(all)).map(({ version }) => version)).toEqual([1, 2, 3])
  })

  it('are no conflict for a draft that was begun before them', async () => {
    const { page, first } = await openDevice(['A'])
    const { id, version: expectedVersion } = first
    await page.shown.writes.update({ id, priority: 'high' })
    const saved = await page.shown.writes.update({ id, expectedVersion, title: 'B' })
    expect(saved).toMatchObject({ title: 'B', priority: 'high', version: 3 })
  })
})

describe('a change of a task that somebody else has changed', () => {
  async function conflict() {
    const device = await openDevice(['A', 'B'])
    const { page, other, first } = device
    const theirs = await other.tasks.update.mutate({ id: first.id, title: 'Theirs' })
    const refused = await page.shown.writes.update({ id: first.id, title: 'Mine' }).catch(reasonOf)
    expect(refused).toBe('VERSION_CONFLICT')
    await page.until(({ task, conflicts }) => task?.title === 'Theirs' && conflicts.length === 1)
    return { ...device, theirs }
  }

  it('shows the task as it is now, and hands both out', async () => {
    const { page, theirs } = await conflict()
    expect(titlesOf(page.shown.byTitle)).toEqual(['B', 'Theirs'])
    expect(page.shown.conflicts).toEqual([{ id: theirs.id, mine: { title: 'Mine' }, theirs }])
  })

  it('is written when its user decides so', async () => {
    const { page, client, theirs } = await conflict()
    const [open] = page.shown.conflicts
    await page.shown.writes.keepMine(open as NonNullable<typeof open>)
    expect(await client.tasks.get.query({ id: theirs.id })).toMatchObject({ title: 'Mine', version: 3 })
    await page.until(({ conflicts, task }) => conflicts.length === 0 && task?.title === 'Mine')
  })

  it('is open again when it could not be written', async () => {
    const { page, theirs } = await conflict()
    const impossible = { id: theirs.id, mine: { title: 'x'.repeat(501) }, theirs }
    expect(await page.shown.writes.keepMine(impossible).catch(reasonOf)).toBe('INPUT_INVALID')
    await page.until(({ conflicts, task }) => conflicts.length === 1 && task?.title === 'Theirs')
    expect(page.shown.conflicts).toEqual([impossible])
  })

  it('brings back a task from the trash, with what was changed, when its user decides so', async () => {
    const { page, client, other, first } = await openDevice(['A'])
    await page.shown.writes.delete({ id: first.id })
    await other.tasks.restore.mutate({ id: first.id })
    await other.tasks.delete.mutate({ id: first.id })
    const theirs = await other.tasks.list.query({ trashed: true })
    const [task] = theirs.tasks
    const mine = { title: 'Back', deletedAt: null }
    await page.shown.writes.keepMine({ id: first.id, mine, theirs: { description: null, ...task } as Task })
    expect(await client.tasks.get.query({ id: first.id })).toMatchObject({ title: 'Back', deletedAt: null })
  })

  it('is dropped when its user decides so', async () => {
    const { page, backend } = await conflict()
    const [open] = page.shown.conflicts
    page.shown.writes.takeTheirs(open as NonNullable<typeof open>)
    await page.until(({ conflicts, task }) => conflicts.length === 0 && task?.title === 'Theirs')
    expect(backend.calls('tasks.update')).toBe(2)
  })

  it('is none when both wanted the same', async () => {
    const { page, other, first } = await openDevice(['A'])
    await other.tasks.update.mutate({ id: first.id, title: 'Same' })
    expect(await page.shown.writes.update({ id: first.id, title: 'Same' })).toMatchObject({ version: 2 })
    expect(page.shown.conflicts).toEqual([])
  })

  it('takes what was waiting behind it along', async () => {
    const { page, other, first, hold } = await openDevice(['A'])
    await other.tasks.update.mutate({ id: first.id, title: 'Theirs' })
    const gate = hold()
    const all = [
      page.shown.writes.update({ id: first.id, title: 'Mine' }),
      page.shown.writes.update({ id: first.id, priority: 'low' }),
    ]
    gate.open()
    await Promise.allSettled(all)
    await page.until(({ conflicts }) => conflicts.length === 1)
    expect(page.shown.conflicts[0]?.mine).toEqual({ title: 'Mine', priority: 'low' })
    expect(page.shown.task).toMatchObject({ title: 'Theirs', priority: null })
  })
})

describe('another user', () => {
  async function changeUser({ page, client }: Awaited<ReturnType<typeof openDevice>>) {
    await client.auth.signUp.mutate({ email: newAccount().email, password })
    forgetUser(page.queryClient)
    await page.queryClient.invalidateQueries()
  }

  it('is not sent what waits to be sent again', async () => {
    const device = await openDevice([])
    const { page, backend, client } = device
    const fails = createGate()
    backend.between = async (sent, forward) => {
      if (!isWrite(sent)) return await forward()
      if (backend.calls('tasks.create') === 1) fails.open()
      throw new TypeError('fetch failed')
    }
    const refused = page.shown.writes.create({ title: 'Of the first' }).catch(reasonOf)
    await fails.opened
    await changeUser(device)
    backend.between = (_, forward) => forward()
    expect(await refused).toBe('AUTHENTICATION_REQUIRED')
    expect((await client.tasks.list.query()).tasks).toEqual([])
    await page.until(({ open, unsaved }) => open?.length === 0 && unsaved.length === 0)
  })

  it('is not shown what is answered late', async () => {
    const device = await openDevice([])
    const { page, backend } = device
    const late = createGate()
    backend.between = async (sent, forward) => {
      const answer = await forward()
      if (isWrite(sent)) await late.opened
      return answer
    }
    const written = page.shown.writes.create({ title: 'Of the first' })
    await page.until(({ open }) => open?.length === 1)
    await changeUser(device)
    await page.until(({ open }) => open?.length === 0)
    late.open()
    expect(await written).toMatchObject({ title: 'Of the first' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(page.shown).toMatchObject({ open: [], byTitle: [], conflicts: [] })
  })
})

describe('without a server', () => {
  it('changes wait while the page is offline, and are all sent when it is back', async () => {
    const { page, first, client } = await openDevice(['A'])
    onlineManager.setOnline(false)
    const all = [
      page.shown.writes.update({ id: first.id, title: 'B' }),
      page.shown.writes.complete({ id: first.id }),
      page.shown.writes.create({ title: 'New' }),
    ]
    await page.until(({ byTitle }) => titlesOf(byTitle)?.join() === 'B,New')
    expect(page.shown.unsaved).toHaveLength(2)
    expect(titlesOf((await client.tasks.list.query()).tasks)).toEqual(['A'])
    onlineManager.setOnline(true)
    await Promise.all(all)
    const { tasks } = await client.tasks.list.query()
    expect(tasks.map(({ title, completed }) => [title, completed])).toEqual([
      ['New', false],
      ['B', true],
    ])
    await page.until(({ unsaved }) => unsaved.length === 0)
  })

  it('changes are sent again until it answers', async () => {
    const { page, first, backend } = await openDevice(['A'])
    let failures = 0
    backend.between = async (sent, forward) => {
      if (isWrite(sent) && ++failures <= 4) throw new TypeError('fetch failed')
      return await forward()
    }
    expect(await page.shown.writes.update({ id: first.id, title: 'B' })).toMatchObject({ version: 2 })
    expect(failures).toBe(5)
  })
})
