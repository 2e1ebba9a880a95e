import fc from 'fast-check'
import { batchPlan, editPlan, plan } from '../plans.ts'
import { type Model, usersCount, type World } from '../world.ts'
import { CallOnce, SendBatch } from './calls.ts'
import { AskPosition, ListPages, ReadFeed } from './reads.ts'
import { ForgetDeletions, Restart, RestartDuringCall, ResumeWatch } from './server.ts'
import { WriteTogether } from './together.ts'

/** The first does most: what one user has grows, and the others are there to be kept apart. */
const user = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(usersCount - 1))
const device = fc.nat(1)
const isAnswerLost = rarely(6)
const limits = fc.array(
  fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.constant(100)),
  {
    minLength: 1,
    maxLength: 3,
  },
)
const isSamePort = fc.boolean()
/** A server that can say that it closes also says to wait for a second, and so does the test. */
const isCut = fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false))

function rarely(times: number): fc.Arbitrary<boolean> {
  return fc.oneof({ weight: times, arbitrary: fc.constant(false) }, fc.constant(true))
}

const list = fc.record({
  user,
  device,
  filter: fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    fc.record({ completed: fc.boolean() }),
    fc.record({ trashed: fc.boolean() }),
    fc.record({ priority: fc.constantFrom('low', 'urgent'), tag: fc.constantFrom('home', 'ärger') }),
  ),
  sort: fc.constantFrom('createdAt', 'updatedAt', 'dueDate', 'priority', 'title'),
  order: fc.constantFrom('asc', 'desc'),
  limits,
  meanwhile: fc.option(plan, { nil: undefined, freq: 1 }),
})

const together = fc.oneof(
  fc.record({
    user,
    plans: fc.array(plan, { minLength: 2, maxLength: 3 }),
    isSameTask: fc.boolean(),
    batch: fc.option(batchPlan, { nil: undefined, freq: 3 }),
    isFollowed: fc.boolean(),
  }),
  fc.record({
    user,
    plans: fc.array(editPlan, { minLength: 2, maxLength: 3 }),
    isSameTask: fc.constant(true),
    batch: fc.constant(undefined),
    isFollowed: fc.boolean(),
  }),
)

/** The commands of one run. Each that is executed is counted. */
export function someCommands(executed: {
  count: number
}): fc.Arbitrary<Iterable<fc.AsyncCommand<Model, World>>> {
  const weighted: [number, fc.Arbitrary<fc.AsyncCommand<Model, World>>][] = [
    [24, fc.record({ user, device, isAnswerLost, plan }).map((given) => new CallOnce(given, executed))],
    [
      8,
      fc
        .record({ user, device, isAnswerLost, plan: batchPlan })
        .map((given) => new SendBatch(given, executed)),
    ],
    [8, together.map((given) => new WriteTogether(given, executed))],
    [6, list.map((given) => new ListPages(given, executed))],
    [
      8,
      fc
        .record({ user, device, limits, isToEnd: fc.boolean() })
        .map((given) => new ReadFeed(given, executed)),
    ],
    [
      1,
      fc
        .record({ user, device, ahead: fc.integer({ min: 1, max: 1000 }) })
        .map((given) => new AskPosition(given, executed)),
    ],
    [1, fc.record({ isSamePort, isCut }).map((given) => new Restart(given, executed))],
    [
      1,
      fc
        .record({ isSamePort, isCut, user, device, plan, turns: fc.nat(12) })
        .map((given) => new RestartDuringCall(given, executed)),
    ],
    [1, fc.record({ user }).map((given) => new ResumeWatch(given, executed))],
    [1, fc.constant({}).map((given) => new ForgetDeletions(given, executed))],
  ]
  const any = fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })))
  return fc.commands([any], { maxCommands: 40, size: 'max' })
}
