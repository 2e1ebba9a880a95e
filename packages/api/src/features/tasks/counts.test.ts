import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'
import type { Task, TaskCounts } from './contract.ts'
import { dayOf } from './day-of.ts'
import { isOverdue } from './fixtures/list-model.ts'
import { refusalOf } from './fixtures/refusal-of.ts'
import { createVariedTasks, variedDays } from './fixtures/varied-tasks.ts'

let backend: TestBackend
let user: TestUser
let day: string
let all: Task[]

beforeAll(async () => {
  backend = await createTestBackend()
  // To the noon of another day: no test sees the day change, and today is not what it really is.
  backend.advanceSeconds(4 * 86_400 - ((Date.now() / 1000 + 43_200) % 86_400))
  day = dayOf(backend.dependencies.now())
  user = await backend.signUp()
  all = await createVariedTasks(user, day)
  await createVariedTasks(await backend.signUp(), day)
})
afterAll(() => backend.close())

function expectedCounts(tasks: readonly Task[], today: string): TaskCounts {
  const live = tasks.filter(({ deletedAt }) => deletedAt === null)
  const open = live.filter(({ completed }) => !completed)
  const withPriority = (priority: Task['priority']) =>
    open.filter((task) => task.priority === priority).length
  return {
    total: live.length,
    open: open.length,
    completed: live.length - open.length,
    overdue: open.filter((task) => isOverdue(task, today)).length,
    dueToday: open.filter(({ dueDate }) => dueDate === today).length,
    trashed: tasks.length - live.length,
    byPriority: {
      low: withPriority('low'),
      medium: withPriority('medium'),
      high: withPriority('high'),
      urgent: withPriority('urgent'),
      none: withPriority(null),
    },
  }
}

const nothing: TaskCounts = expectedCounts([], '')

describe('tasks.counts', () => {
  it("tells how many of the caller's tasks there are of each kind", async () => {
    const counts = await user.client.tasks.counts.query()
    expect(counts).toEqual(expectedCounts(all, day))
    const { byPriority, ...others } = counts
    for (const count of [...Object.values(others), ...Object.values(byPriority)])
      expect(count).toBeGreaterThan(0)
  })

  it("takes the caller's day for today", async () => {
    for (const today of variedDays(day)) {
      expect(await user.client.tasks.counts.query({ today })).toEqual(expectedCounts(all, today))
    }
    const { overdue } = await user.client.tasks.counts.query({ today: '9999-12-31' })
    expect(overdue).toBeGreaterThan((await user.client.tasks.counts.query({ today: '0001-01-01' })).overdue)
  })

  it('takes nothing, an empty object and no day for the same', async () => {
    const counts = await user.client.tasks.counts.query()
    expect(await user.client.tasks.counts.query({})).toEqual(counts)
    expect(await user.client.tasks.counts.query({ today: undefined })).toEqual(counts)
  })

  it('tells the same as the totals of the lists', async () => {
    const counts = await user.client.tasks.counts.query()
    const totalOf = async (list: object) => (await user.client.tasks.list.query({ ...list, limit: 1 })).total
    expect(counts.total).toBe(await totalOf({}))
    expect(counts.open).toBe(await totalOf({ completed: false }))
    expect(counts.completed).toBe(await totalOf({ completed: true }))
    expect(counts.overdue).toBe(await totalOf({ overdue: true }))
    expect(counts.dueToday).toBe(await totalOf({ dueOn: day, completed: false }))
    expect(counts.trashed).toBe(await totalOf({ trashed: true }))
    expect(counts.byPriority.high).toBe(await totalOf({ priority: 'high', completed: false }))
  })

  it('follows every write at once', async () => {
    const { client } = await backend.signUp()
    const read = () => client.tasks.counts.query()
    const { id } = await client.tasks.create.mutate({ title: 'x', dueDate: day, priority: 'low' })
    const none = { low: 0, medium: 0, high: 0, urgent: 0, none: 0 }
    const created = { ...nothing, total: 1, open: 1, dueToday: 1, byPriority: { ...none, low: 1 } }
    expect(await read()).toEqual(created)
    await client.tasks.complete.mutate({ id })
    expect(await read()).toEqual({ ...nothing, total: 1, completed: 1 })
    await client.tasks.delete.mutate({ id })
    expect(await read()).toEqual({ ...nothing, trashed: 1 })
    await client.tasks.restore.mutate({ id })
    await client.tasks.reopen.mutate({ id })
    expect(await read()).toEqual(created)
    await client.tasks.delete.mutate({ id })
    await client.tasks.purge.mutate({ id })
    expect(await read()).toEqual(nothing)
  })

  it('tells nothing but zeros of an account without tasks', async () => {
    const { client } = await backend.signUp()
    expect(await client.tasks.counts.query()).toEqual(nothing)
    expect(nothing).toMatchObject({ total: 0, trashed: 0, byPriority: { none: 0 } })
  })

  it('refuses a caller who is not signed in', async () => {
    expect(await refusalOf(backend.client().tasks.counts.query())).toMatchObject({
      code: 'UNAUTHORIZED',
      reason: 'AUTHENTICATION_REQUIRED',
    })
  })

  it.each([
    ['an unknown field', { userId: 'x' }, 'userId'],
    ['a today that is no day', { today: 'today' }, 'today'],
    ['a today that is not in the calendar', { today: '2026-02-29' }, 'today'],
    ['a today in the year 0', { today: '0000-01-01' }, 'today'],
    ['a today with a time', { today: '2026-01-01T00:00:00Z' }, 'today'],
    ['a today of null', { today: null }, 'today'],
  ])('refuses %s, by name', async (_what, input, name) => {
    expect(await refusalOf(user.client.tasks.counts.query(input as object))).toMatchObject({
      code: 'BAD_REQUEST',
      reason: 'INPUT_INVALID',
      issues: [{ path: [name] }],
    })
  })
})
