import type { Account, Expectation } from '../account.ts'
import { type Call, type Outcome, perform } from '../calls.ts'
import type { Story } from '../explain.ts'
import { readPage } from '../feed.ts'
import { type BatchPlan, makeBatch, makeCall, type Plan } from '../plans.ts'
import { accountOf, type Model, settle, type World } from '../world.ts'
import { Step } from './step.ts'

interface Given {
  user: number
  plans: Plan[]
  /** Whether all are on the task of the first. */
  isSameTask: boolean
  /** Goes along, all or nothing. */
  batch: BatchPlan | undefined
  /** Whether both clients read the feed meanwhile. */
  isFollowed: boolean
}

/** Both clients of a user write at once: the answers are those of one order or another. */
export class WriteTogether extends Step<Given> {
  protected override async perform(model: Model, world: World): Promise<void> {
    const { user, plans, batch, isSameTask, isFollowed } = this.given
    const situation = { account: accountOf(model, user), accounts: model.accounts }
    let id: string | undefined
    const calls = plans.map((plan): Call => {
      const call = makeCall(plan, { ...situation, id })
      if (isSameTask) id ??= call.input.id?.toLowerCase()
      return call
    })
    if (batch) calls.push(makeBatch({ ...batch, atomic: true }, situation))
    this.tell(calls)
    const reading = isFollowed ? [0, 1].map((device) => readPage(world.device(user, device), 2)) : []
    const [outcomes] = await Promise.all([
      Promise.all(calls.map((call, index) => perform(world.device(user, index % 2).client, call))),
      Promise.all(reading),
    ])
    const orders = ordersOf(calls.length)
    const missed = new Set(calls.filter((call, index) => isMissed(situation.account, call, outcomes[index])))
    const stories = orders.map((order) => storyOf(calls, { order }))
    if (missed.size > 0) stories.push(...orders.map((order) => storyOf(calls, { order, missed })))
    settle(model, user, { stories, outcomes })
  }
}

/**
 * Whether a task is said not to be there that only became what the call is for while it was looked at: it
 * reached the version that was expected, or the trash.
 */
function isMissed(before: Account, call: Call, outcome: Outcome | undefined): boolean {
  if (call.op === 'batch' || call.op === 'create' || call.op === 'get') return false
  if (outcome?.kind !== 'refused' || outcome.reason !== 'TASK_NOT_FOUND') return false
  const task = before.find(call.input.id)
  const isAhead = (call.input.expectedVersion ?? 0) > (task?.version ?? 0)
  return task !== undefined && (isAhead || call.op === 'purge')
}

function storyOf(
  calls: readonly Call[],
  { order, missed }: { order: readonly number[]; missed?: ReadonlySet<Call> },
): Story {
  return (account: Account) => {
    const expectations: Expectation[] = []
    for (const index of order) {
      const call = calls[index] as Call
      expectations[index] = missed?.has(call)
        ? { kind: 'refused', reason: 'TASK_NOT_FOUND' }
        : account.run(call)
    }
    return expectations
  }
}

/** All orders of so many. */
function ordersOf(count: number): number[][] {
  if (count === 0) return [[]]
  return ordersOf(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, place) => order.toSpliced(place, 0, count - 1)),
  )
}
