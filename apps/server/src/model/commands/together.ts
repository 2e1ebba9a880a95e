import type { Account, Expectation, Refusal } from '../account.ts'
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
    const missed = new Map<Call, Refusal>()
    for (const [index, call] of calls.entries()) {
      const refusal = missedBy(situation.account, call, outcomes[index])
      if (refusal) missed.set(call, refusal)
    }
    const stories = orders.map((order) => storyOf(calls, { order }))
    if (missed.size > 0) stories.push(...orders.map((order) => storyOf(calls, { order, missed })))
    settle(model, user, { stories, outcomes })
  }
}

/**
 * What a call says that did nothing, and then looked again why: by then the task may have become what the
 * call was for, or may be gone.
 */
function missedBy(before: Account, call: Call, outcome: Outcome | undefined): Refusal | undefined {
  if (outcome?.kind !== 'refused' || outcome.task || call.op === 'batch' || call.op === 'get')
    return undefined
  const task = call.input.id === undefined ? undefined : before.find(call.input.id)
  const { reason } = outcome
  if (!task) return undefined
  if (call.op === 'create') return reason === 'TASK_ID_TAKEN' ? { kind: 'refused', reason } : undefined
  const isAhead = (call.input.expectedVersion ?? 0) > task.version
  const isLate = reason === 'TASK_NOT_FOUND' && (isAhead || call.op === 'purge')
  return isLate ? { kind: 'refused', reason } : undefined
}

function storyOf(
  calls: readonly Call[],
  { order, missed }: { order: readonly number[]; missed?: ReadonlyMap<Call, Refusal> },
): Story {
  return (account: Account) => {
    const expectations: Expectation[] = []
    for (const index of order) {
      const call = calls[index] as Call
      expectations[index] = missed?.get(call) ?? account.run(call)
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
