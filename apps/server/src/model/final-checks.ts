import type { Priority } from '@tasklane/api/contract'
import { expect } from 'vitest'
import { queryRows } from '../fixtures/rows.ts'
import type { Account } from './account.ts'
import type { Client } from './calls.ts'
import { expectTasks } from './explain.ts'
import { expectState, readPageInPeace } from './feed.ts'
import { listAll } from './pages.ts'
import { accountOf, type Model, type Person, type World } from './world.ts'

/** What has to hold once a run is over. */
export async function expectAllAsKnown(model: Model, world: World): Promise<void> {
  await expectRows(model, world)
  await Promise.all(
    [...world.people.entries()].map(([user, person]) => expectReads(person, accountOf(model, user))),
  )
  await expectWatches(model, world)
  expect(world.host.errors).toEqual([])
}

/** Nobody has a row too many or too few, and no number stands for two changes of one user. */
async function expectRows({ accounts }: Model, { host }: World): Promise<void> {
  const rows = await queryRows(
    host.database,
    'select user_id::text as "userId", id::text, title, version, deleted_at is not null as "isTrashed" from tasks',
  )
  const known = accounts.flatMap(({ userId, tasks }) =>
    tasks.map(({ origin: { id }, content: { title }, version, isTrashed }) => ({
      ...{ userId, id, title, version, isTrashed },
    })),
  )
  expect(sorted(rows)).toEqual(sorted(known))
  const tombstones = await queryRows(
    host.database,
    'select user_id::text as "userId", id::text from task_tombstones',
  )
  const purged = accounts.flatMap(({ userId, purgedIds }) => purgedIds.map((id) => ({ userId, id })))
  expect(sorted(tombstones)).toEqual(sorted(purged))
  const wrongNumbers = await queryRows(
    host.database,
    `select user_id, change.seq
      from (select user_id, seq from tasks union all select user_id, seq from task_tombstones) change
      left join task_feeds feed using (user_id)
      group by user_id, change.seq, feed.seq having count(*) > 1 or change.seq > coalesce(feed.seq, 0)`,
  )
  expect(wrongNumbers).toEqual([])
}

/** Lists, counts and feeds tell what the user has. */
async function expectReads({ devices }: Person, account: Account): Promise<void> {
  const [{ client }] = devices
  await Promise.all([
    expectList(client, { account, trashed: false }),
    expectList(client, { account, trashed: true }),
    expectCounts(client, account),
    ...devices.map(async (device) => {
      while (!(await readPageInPeace(device, account, 100)));
    }),
  ])
}

async function expectList(
  client: Client,
  { account, trashed }: { account: Account; trashed: boolean },
): Promise<void> {
  const known = trashed ? account.trash : account.live
  const { tasks, total } = await listAll(client, { list: { trashed }, limits: [100] })
  expect(total).toBe(known.length)
  expectTasks(account, known, tasks)
}

const today = '2024-03-01'

async function expectCounts(client: Client, account: Account): Promise<void> {
  const contents = account.live.map(({ content }) => content)
  const open = contents.filter(({ completed }) => !completed)
  const ofPriority = (wanted: Priority | null) => open.filter(({ priority }) => priority === wanted).length
  expect(await client.tasks.counts.query({ today })).toEqual({
    total: contents.length,
    open: open.length,
    completed: contents.length - open.length,
    overdue: open.filter(({ dueDate }) => dueDate !== null && dueDate < today).length,
    dueToday: open.filter(({ dueDate }) => dueDate === today).length,
    trashed: account.trash.length,
    byPriority: {
      low: ofPriority('low'),
      medium: ofPriority('medium'),
      high: ofPriority('high'),
      urgent: ofPriority('urgent'),
      none: ofPriority(null),
    },
  })
}

/** A last task for each: whoever hears of it has heard of all that was before. */
async function expectWatches(model: Model, world: World): Promise<void> {
  const id = crypto.randomUUID()
  for (const user of world.people.keys()) {
    await world.call(model, { user, device: 0, call: { op: 'create', input: { id, title: 'The last' } } })
  }
  await Promise.all(world.people.map(({ watch }) => watch.until((state) => state.has(id))))
  for (const [user, { watch }] of world.people.entries()) {
    expectState(accountOf(model, user), watch.follower.state)
  }
}

function sorted(rows: readonly object[]): string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort()
}
