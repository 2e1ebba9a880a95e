import fc from 'fast-check'
import type { Account, Content, ModelTask } from './account.ts'
import type { Call, Operation, SingleCall } from './calls.ts'

const ops = [
  'create',
  'get',
  'update',
  'replace',
  'complete',
  'reopen',
  'delete',
  'restore',
  'purge',
] as const

/** A call that is still to be made out: on which task depends on those that there are. */
export interface Plan {
  op: (typeof ops)[number]
  /** `fit` has tasks that the operation is for, `unfit` has the user's others. */
  pool: 'fit' | 'unfit' | 'purged' | 'foreign' | 'absent'
  index: number
  content: Partial<Content>
  /** Whether to write what is there already. */
  isUnchanged: boolean
  expected: 'nothing' | 'right' | 'stale' | 'ahead'
  isUpperCase: boolean
  freshId: string
}

export interface BatchPlan {
  atomic: boolean
  operations: Plan[]
  /** Where a malformed operation stands, if anywhere. */
  malformedAt: number | undefined
}

interface Weighted<Value> {
  weight: number
  value: Value
}

function oneOf<Value>(...all: Weighted<Value>[]): fc.Arbitrary<Value> {
  return fc.oneof(...all.map(({ weight, value }) => ({ weight, arbitrary: fc.constant(value) })))
}

const anyText = fc
  .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
  .filter((title) => !title.includes('\0'))

/** Few values, so that one is often written twice. */
const content: fc.Arbitrary<Partial<Content>> = fc.record(
  {
    title: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('Milk', 'Bread', 'Tee') }, anyText),
    description: fc.constantFrom(null, '', 'Two of them', 'ÄÖ🧀\n  '),
    completed: fc.boolean(),
    priority: fc.constantFrom(null, 'low', 'urgent'),
    dueDate: fc.constantFrom(null, '2024-02-29', '2031-12-31'),
    tags: fc.constantFrom([], ['home'], ['Home', 'home', 'ÄRGER'], ['work', 'home']),
  },
  { requiredKeys: [] },
)

function planOf(op: fc.Arbitrary<Plan['op']>): fc.Arbitrary<Plan> {
  return fc.record({
    op,
    pool: oneOf<Plan['pool']>(
      { weight: 8, value: 'fit' },
      { weight: 2, value: 'unfit' },
      { weight: 1, value: 'purged' },
      { weight: 1, value: 'foreign' },
      { weight: 1, value: 'absent' },
    ),
    index: fc.nat(11),
    content,
    isUnchanged: oneOf({ weight: 3, value: false }, { weight: 1, value: true }),
    expected: oneOf<Plan['expected']>(
      { weight: 5, value: 'nothing' },
      { weight: 4, value: 'right' },
      { weight: 2, value: 'stale' },
      { weight: 1, value: 'ahead' },
    ),
    isUpperCase: oneOf({ weight: 9, value: false }, { weight: 1, value: true }),
    freshId: fc.uuid(),
  })
}

/** Any call on a single task. */
export const plan = planOf(
  oneOf<Plan['op']>(
    { weight: 6, value: 'create' },
    { weight: 4, value: 'update' },
    { weight: 5, value: 'delete' },
    { weight: 5, value: 'purge' },
    { weight: 2, value: 'restore' },
    { weight: 2, value: 'replace' },
    { weight: 2, value: 'complete' },
    { weight: 2, value: 'reopen' },
    { weight: 1, value: 'get' },
  ),
)

/** What several clients do with a task that they have before them. */
export const editPlan: fc.Arbitrary<Plan> = fc.record({
  ...{
    op: fc.constantFrom('update', 'replace', 'complete', 'delete'),
    pool: fc.constant('fit'),
    index: fc.nat(11),
  },
  ...{ content, isUnchanged: fc.constant(false), isUpperCase: fc.constant(false), freshId: fc.uuid() },
  expected: fc.oneof({ weight: 3, arbitrary: fc.constant('right') }, fc.constant('nothing')),
})

/** What can stand in a batch. */
const operationPlan = planOf(
  oneOf<Plan['op']>(
    { weight: 5, value: 'create' },
    { weight: 3, value: 'update' },
    { weight: 4, value: 'delete' },
    { weight: 1, value: 'restore' },
    { weight: 1, value: 'replace' },
    { weight: 1, value: 'complete' },
    { weight: 1, value: 'reopen' },
  ),
)

export const batchPlan: fc.Arbitrary<BatchPlan> = fc.record({
  atomic: fc.boolean(),
  operations: fc.array(operationPlan, { maxLength: 6, size: 'max' }),
  malformedAt: fc.option(fc.nat(5), { nil: undefined, freq: 6 }),
})

interface Situation {
  /** Whose call it is. */
  account: Account
  accounts: readonly Account[]
  /** Whether the call has to be one that can be repeated. */
  isRepeatable?: boolean
  /** The task to call on, whatever the plan says. */
  id?: string | undefined
}

/** The call that a plan means as things are. */
export function makeCall(plan: Plan, situation: Situation): SingleCall {
  const { account, isRepeatable = false } = situation
  const { op, isUnchanged } = plan
  const id = situation.id ?? idOf(plan, situation)
  const known = account.find(id)
  const givenId = plan.isUpperCase ? id.toUpperCase() : id
  if (op === 'create') {
    const title = plan.content.title ?? 'Milk'
    const isNameless = !isRepeatable && plan.pool === 'fit' && plan.index % 2 === 0
    const input = isUnchanged && known ? { ...known.content } : { ...plan.content, title }
    return { op, input: { ...input, ...(!isNameless && { id: givenId }) } }
  }
  const expected = expectedOf(plan, known)
  const key = { id: givenId, ...(expected !== undefined && { expectedVersion: expected }) }
  const unchanged = isUnchanged ? known?.content : undefined
  switch (op) {
    case 'get':
      return { op, input: { id: givenId } }
    case 'update':
      return { op, input: { ...key, ...(unchanged ? pick(unchanged, plan.content) : plan.content) } }
    case 'replace':
      return { op, input: { ...key, title: 'Milk', ...(unchanged ?? plan.content) } }
    default:
      return { op, input: key }
  }
}

/** The batch that a plan means. Each operation is made out after the ones before it. */
export function makeBatch(plan: BatchPlan, situation: Situation): Extract<Call, { op: 'batch' }> {
  const account = situation.account.clone()
  const operations = plan.operations.map((each): Operation => {
    const call = makeCall(each, { ...situation, account })
    account.run(call)
    if (call.op === 'get' || call.op === 'purge') throw new Error(`${call.op} cannot stand in a batch`)
    return call
  })
  if (plan.malformedAt !== undefined) operations.splice(plan.malformedAt, 0, { op: 'malformed' })
  return { op: 'batch', input: { atomic: plan.atomic, operations } }
}

function idOf(plan: Plan, situation: Situation): string {
  const ids = poolOf(plan, situation)
  return ids[plan.index % ids.length] ?? plan.freshId
}

function poolOf({ op, pool }: Plan, { account, accounts }: Situation): string[] {
  const isForTrash = op === 'restore' || op === 'purge'
  const [fit, unfit] = isForTrash ? [account.trash, account.live] : [account.live, account.trash]
  switch (pool) {
    case 'fit':
      return op === 'create' ? [] : namesOf(fit)
    case 'unfit':
      return namesOf(op === 'create' ? account.tasks : unfit)
    case 'purged':
      return account.purgedIds
    case 'foreign':
      return accounts.filter(({ userId }) => userId !== account.userId).flatMap(({ tasks }) => namesOf(tasks))
    case 'absent':
      return []
  }
}

function namesOf(tasks: readonly ModelTask[]): string[] {
  return tasks.flatMap(({ origin: { id } }) => (id === undefined ? [] : [id]))
}

function expectedOf({ expected }: Plan, known: ModelTask | undefined): number | undefined {
  const { version } = known ?? { version: 1 }
  if (expected === 'nothing') return undefined
  if (expected === 'right') return version
  return expected === 'stale' && version > 1 ? version - 1 : version + 1
}

/** Of `content` the fields that `wanted` has. */
function pick(content: Content, wanted: Partial<Content>): Partial<Content> {
  return Object.fromEntries(Object.entries(content).filter(([name]) => name in wanted))
}
