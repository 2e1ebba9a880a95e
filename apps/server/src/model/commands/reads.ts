import type { Priority } from '@tasklane/api/contract'
import { expect } from 'vitest'
import type { Account, ModelTask } from '../account.ts'
import { expectTask, expectTasks } from '../explain.ts'
import { readPageInPeace } from '../feed.ts'
import { listAll } from '../pages.ts'
import { makeCall, type Plan } from '../plans.ts'
import { accountOf, type Model, type World } from '../world.ts'
import { Step } from './step.ts'

interface ListGiven {
  user: number
  device: number
  filter: Partial<{ completed: boolean; priority: Priority; tag: string; trashed: boolean }>
  sort: 'createdAt' | 'updatedAt' | 'dueDate' | 'priority' | 'title'
  order: 'asc' | 'desc'
  limits: number[]
  /** What the other client writes between the first page and the second. */
  meanwhile: Plan | undefined
}

/** A client reads a list page by page. */
export class ListPages extends Step<ListGiven> {
  protected override async perform(model: Model, world: World): Promise<void> {
    const { user, device, filter, sort, order, limits, meanwhile } = this.given
    const before = accountOf(model, user)
    const { client } = world.device(user, device)
    const list = { ...filter, sort, order }
    if (!meanwhile) {
      const { tasks, total } = await listAll(client, { list, limits })
      const known = before.tasks.filter((task) => isListed(task, filter))
      expect(total).toBe(known.length)
      expectTasks(before, known, tasks)
      if (sort === 'createdAt' || sort === 'updatedAt') {
        const instants = tasks.map((task) => task[sort].getTime())
        expect(instants).toEqual(
          [...instants].sort((one, other) => (order === 'asc' ? one - other : other - one)),
        )
      }
      return
    }
    const call = makeCall(meanwhile, { account: before, accounts: model.accounts })
    this.tell(call)
    const { tasks } = await listAll(client, {
      list,
      limits,
      meanwhile: () => world.call(model, { user, device: 1 - device, call }),
    })
    expectUntouched(tasks, { before, after: accountOf(model, user), filter })
  }
}

/** Whatever is written meanwhile, a task that stays as it is comes once. */
function expectUntouched(
  tasks: Parameters<typeof expectTasks>[2],
  { before, after, filter }: { before: Account; after: Account; filter: ListGiven['filter'] },
): void {
  for (const known of before.tasks.filter((task) => after.tasks.includes(task) && isListed(task, filter))) {
    const [found, ...others] = tasks.filter(({ id }) => id === known.origin.id)
    if (!found || others.length > 0)
      throw new Error(`${known.origin.id} came ${others.length > 0 ? 'twice' : 'never'}`)
    expectTask(after, known, found)
  }
}

function isListed({ content, isTrashed }: ModelTask, filter: ListGiven['filter']): boolean {
  const { completed = content.completed, priority = content.priority, tag, trashed = false } = filter
  return (
    isTrashed === trashed &&
    content.completed === completed &&
    content.priority === priority &&
    (tag === undefined || content.tags.includes(tag))
  )
}

/** A client reads on in the feed, page by page, or to its end. */
export class ReadFeed extends Step<{ user: number; device: number; limits: number[]; isToEnd: boolean }> {
  protected override async perform(model: Model, world: World): Promise<void> {
    const { user, device, limits, isToEnd } = this.given
    let isLast = false
    for (let page = 0; !isLast && (isToEnd || page < limits.length); page += 1) {
      const limit = limits[page % limits.length] ?? 100
      isLast = await readPageInPeace(world.device(user, device), accountOf(model, user), limit)
    }
  }
}

/** A client asks where the feed stands, and for what is not there yet. */
export class AskPosition extends Step<{ user: number; device: number; ahead: number }> {
  protected override async perform(_model: Model, world: World): Promise<void> {
    const { user, device, ahead } = this.given
    const { client, follower } = world.device(user, device)
    const { next, ...position } = await client.tasks.changes.query()
    expect(position).toEqual({ changes: [], resync: false })
    expect(next).toBeGreaterThanOrEqual(follower.position)
    expect(await client.tasks.changes.query({ since: next })).toEqual({ changes: [], next, resync: false })
    const beyond = await client.tasks.changes.query({ since: next + ahead })
    expect(beyond).toEqual({ changes: [], next, resync: true })
  }
}
