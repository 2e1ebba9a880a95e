import type { TaskChanges } from '@tasklane/api/contract'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { applyChanges, type TaskState } from './apply-changes.ts'
import type { TasklaneClient } from './create-client.ts'
import { accessTokenTtlSeconds } from './fixtures/backend.ts'
import { createSignedInSetting } from './fixtures/client.ts'
import { unavailablePage } from './fixtures/events.ts'
import { createGate } from './fixtures/gate.ts'
import {
  changesWhile,
  forgetDeletions,
  nameOf,
  nextPage,
  startWatch,
  tasksOn,
  type Watched,
} from './fixtures/watching.ts'
import { watchTasks } from './watch-tasks.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

async function createMany({ tasks }: TasklaneClient, count: number): Promise<string[]> {
  const titles = Array.from({ length: count }, (_, index) => `Task ${index}`)
  for (let start = 0; start < count; start += 100) {
    const operations = titles
      .slice(start, start + 100)
      .map((title) => ({ op: 'create' as const, input: { title, description: `About ${title}` } }))
    await tasks.batch.mutate({ atomic: true, operations })
  }
  return titles
}

/** A client with tasks, whose feed has forgotten a deletion. */
async function createForgotten(count: number) {
  const setting = await createSignedInSetting(database)
  const { client } = setting
  const titles = await createMany(client, count)
  const { id } = await client.tasks.create.mutate({ title: 'Purged' })
  await client.tasks.delete.mutate({ id })
  await client.tasks.purge.mutate({ id })
  await forgetDeletions(database)
  const { next } = await client.tasks.changes.query()
  setting.backend.sent.length = 0
  return { ...setting, titles, next }
}

async function readPages(watch: Watched, count: number): Promise<TaskChanges[]> {
  const pages: TaskChanges[] = []
  while (pages.length < count) pages.push(await nextPage(watch))
  return pages
}

const summaryOf = ({ changes, next, resync }: TaskChanges) => ({
  resync,
  next,
  seqs: [...new Set(changes.map(({ seq }) => seq))],
  count: changes.length,
})

it('loads all tasks when the feed has forgotten what came after the start', async () => {
  const { client, titles, next } = await createForgotten(250)
  const watch = startWatch(client, { since: 1 })
  const pages = await readPages(watch, 3)
  expect(pages.map(summaryOf)).toEqual([
    { resync: true, next: 0, seqs: [next], count: 100 },
    { resync: false, next: 0, seqs: [next], count: 100 },
    { resync: false, next, seqs: [next], count: 50 },
  ])
  const changes = pages.flatMap((page) => page.changes)
  expect(changes.map(nameOf).sort()).toEqual(titles.sort())
  const [{ id, title } = { id: '', title: '' }] = (await client.tasks.list.query()).tasks
  expect(changes.find((change) => nameOf(change) === title)).toEqual({
    seq: next,
    type: 'upsert',
    task: await client.tasks.get.query({ id }),
  })

  await client.tasks.create.mutate({ title: 'Live' })
  expect(await nextPage(watch)).toMatchObject({ changes: [{ seq: next + 1 }], next: next + 1, resync: false })
})

it('loads nothing in one page when there is nothing', async () => {
  const { client, next } = await createForgotten(0)
  expect(await nextPage(startWatch(client, { since: 1 }))).toEqual({ changes: [], next, resync: true })
})

it('loads exactly one full page as one', async () => {
  const { client, next } = await createForgotten(100)
  const page = await nextPage(startWatch(client, { since: 1 }))
  expect(summaryOf(page)).toEqual({ resync: true, next, seqs: [next], count: 100 })
})

it('loads all tasks when the start is of another feed', async () => {
  const { client } = await createSignedInSetting(database)
  await createMany(client, 3)
  const page = await nextPage(startWatch(client, { since: 1_000_000 }))
  expect(summaryOf(page)).toEqual({ resync: true, next: 3, seqs: [3], count: 3 })
})

it('loads all tasks in the middle of a watch that was away for too long', async () => {
  const { backend, client } = await createSignedInSetting(database)
  await createMany(client, 2)
  const watch = startWatch(client)
  const state = applyChanges(await tasksOn(client), await nextPage(watch))
  const [gone] = state.keys()
  const away = createGate()
  backend.between = async ({ paths }, forward) => {
    if (paths[0] === 'tasks.onChange') await away.opened
    return await forward()
  }
  backend.cut()
  await client.tasks.delete.mutate({ id: gone ?? '' })
  await client.tasks.purge.mutate({ id: gone ?? '' })
  await forgetDeletions(database)
  away.open()
  const page = await nextPage(watch)
  expect(page.resync).toBe(true)
  expect(applyChanges(state, page)).toEqual(await tasksOn(client))

  await client.tasks.create.mutate({ title: 'Live' })
  expect((await nextPage(watch)).changes.map(nameOf)).toEqual(['Live'])
})

it('misses nothing that changes while it loads', async () => {
  const { client } = await createForgotten(250)
  const watch = startWatch(client, { since: 1 })
  let state: TaskState = applyChanges(new Map(), await nextPage(watch))
  const [first = ''] = state.keys()
  const all = (await client.tasks.list.query({ sort: 'createdAt', order: 'desc', limit: 1 })).tasks
  const last = all[0]?.id ?? ''
  await client.tasks.update.mutate({ id: first, title: 'Changed after it was loaded' })
  await client.tasks.update.mutate({ id: last, title: 'Changed before it was loaded' })
  await client.tasks.delete.mutate({ id: [...state.keys()][1] ?? '' })
  const { id } = await client.tasks.create.mutate({ title: 'Created and deleted' })
  await client.tasks.delete.mutate({ id })
  await client.tasks.create.mutate({ title: 'Created' })
  const { next } = await client.tasks.changes.query()

  const seen = new Set<string>()
  for (let page = await nextPage(watch); ; page = await nextPage(watch)) {
    for (const change of page.changes) {
      const key = `${change.seq} ${change.type === 'upsert' ? change.task.id : change.id}`
      expect(seen).not.toContain(key)
      seen.add(key)
    }
    state = applyChanges(state, page)
    if (page.next === next) break
  }
  expect(state).toEqual(await tasksOn(client))
})

it('begins the load anew for whoever stored a page in the middle of it, and ends with all tasks', async () => {
  const { client } = await createForgotten(250)
  const dying = startWatch(client, { since: 1 })
  const half = await nextPage(dying)
  let state = applyChanges(new Map(), half)
  await dying.return?.()
  const [gone = ''] = state.keys()
  await client.tasks.delete.mutate({ id: gone })
  await client.tasks.purge.mutate({ id: gone })

  const { next } = await client.tasks.changes.query()
  const watch = startWatch(client, { since: half.next })
  for (let at = half.next; at < next; ) {
    const page = await nextPage(watch)
    state = applyChanges(state, page)
    at = page.next
  }
  expect(state).toEqual(await tasksOn(client))
})

it('begins the load anew, though the other feed has grown past the old start meanwhile', async () => {
  const { client } = await createSignedInSetting(database)
  await createMany(client, 150)
  const dying = startWatch(client, { since: 160 })
  const half = await nextPage(dying)
  expect(half).toMatchObject({ resync: true, next: 0 })
  await dying.return?.()
  await createMany(client, 20)

  let state = applyChanges(new Map(), half)
  const watch = startWatch(client, { since: half.next })
  while (state.size < 170) state = applyChanges(state, await nextPage(watch))
  expect(state).toEqual(await tasksOn(client))
})

it('goes on with the same page of the load when it was lost', async () => {
  const { backend, client, titles } = await createForgotten(250)
  const answers = [
    () => unavailablePage(),
    () => Promise.reject(new TypeError('fetch failed')),
    () => new Response('{', { headers: { 'content-type': 'application/json' } }),
  ]
  backend.between = async ({ paths }, forward) => {
    const isSecond = paths[0] === 'tasks.list' && backend.calls('tasks.list') > 1
    return await ((isSecond && answers.shift()) || forward)()
  }
  const pages = await readPages(startWatch(client, { since: 1 }), 3)
  expect(pages.flatMap(({ changes }) => changes.map(nameOf)).sort()).toEqual(titles.sort())
  expect(backend.calls('tasks.list')).toBe(6)
})

it('asks again for a page of the load that is never answered', async () => {
  const { backend, client } = await createForgotten(3)
  backend.between = async ({ paths }, forward) =>
    paths[0] === 'tasks.list' && backend.calls('tasks.list') === 1
      ? await new Promise(() => {})
      : await forward()
  const watch = watchTasks(client.tasks, { since: 1 }, { answerTimeoutMilliseconds: 300 })
  expect((await nextPage(watch)).changes).toHaveLength(3)
  expect(backend.calls('tasks.list')).toBe(2)
  await watch.return?.()
})

it('renews the token in the middle of a load', async () => {
  const { backend, client } = await createForgotten(150)
  const watch = startWatch(client, { since: 1 })
  await nextPage(watch)
  backend.advanceClock(accessTokenTtlSeconds + 60)
  expect((await nextPage(watch)).changes).toHaveLength(50)
  expect(backend.calls('auth.refresh')).toBe(1)
})

it('throws in the middle of a load when another user has signed in', async () => {
  const { client } = await createForgotten(150)
  const watch = startWatch(client, { since: 1 })
  await nextPage(watch)
  await client.auth.signUp.mutate({ email: 'next@example.com', password: 'Correct1Horse' })
  await client.tasks.create.mutate({ title: 'Of another user' })
  await expect(watch.next()).rejects.toMatchObject({ data: { reason: 'AUTHENTICATION_REQUIRED' } })
})

it('sends a page of the load alone, with its own token', async () => {
  const { backend, client } = await createForgotten(150)
  const watch = startWatch(client, { since: 1 })
  await nextPage(watch)
  backend.sent.length = 0
  await Promise.all([nextPage(watch), client.tasks.counts.query(), client.tasks.counts.query()])
  const requests = backend.sent.map(({ paths }) => paths.join(','))
  expect(requests.sort()).toEqual(['tasks.counts,tasks.counts', 'tasks.list'])
})

it('is ended by the signal while it loads', async () => {
  const { backend, client } = await createForgotten(3)
  const asked = createGate()
  backend.between = async ({ paths }, forward) => {
    if (paths[0] !== 'tasks.list') return await forward()
    asked.open()
    return await new Promise(() => {})
  }
  const abort = new AbortController()
  const pending = startWatch(client, { since: 1, signal: abort.signal }).next()
  await asked.opened
  abort.abort()
  expect(await pending).toEqual({ value: undefined, done: true })
  await backend.streams.until(0)
})

it('holds no stream on the server while it loads', async () => {
  const { backend, client } = await createForgotten(250)
  const watch = startWatch(client, { since: 1 })
  await nextPage(watch)
  await backend.streams.until(0)
  await readPages(watch, 2)
  await changesWhile(watch, 1, () => client.tasks.create.mutate({ title: 'Live' }))
  expect(backend.streams.count).toBe(1)
})
