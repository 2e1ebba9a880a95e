import type { Task } from '@tasklane/api/contract'
import { expect } from 'vitest'
import type { Account, Expectation, ModelTask } from './account.ts'
import type { Outcome } from './calls.ts'

/** What may have happened: does it to the account, and tells what had to be answered. */
export type Story = (account: Account) => Expectation[]

/**
 * The account after the first of the stories that had to give these answers. What they told anew, such as
 * instants, is known from then on.
 *
 * @throws when none explains them.
 */
export function explain(before: Account, stories: readonly Story[], outcomes: readonly Outcome[]): Account {
  const failures: unknown[] = []
  const expected: unknown[] = []
  for (const story of stories) {
    const account = before.clone()
    const expectations = story(account)
    const shapes = expectations.map((each) => shapeOf(account, each))
    expected.push(shapes)
    try {
      expect(outcomes).toEqual(shapes)
      for (const [index, outcome] of outcomes.entries()) learn(account, expectations[index], outcome)
      return account
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length === 1) throw failures[0]
  const told = expected.map((each) => `\n  or: ${JSON.stringify(each)}`)
  throw new Error(`No order explains these answers:\n      ${JSON.stringify(outcomes)}${told.join('')}`)
}

/** Fails unless this is the user's task as the model has it. */
export function expectTask(account: Account, known: ModelTask | undefined, task: Task): void {
  expect(task).toEqual(known && taskShapeOf(account, known))
  if (known) learnTask(account, known, task)
}

/** Fails unless these are the tasks, in whatever order, each once. */
export function expectTasks(account: Account, known: readonly ModelTask[], tasks: readonly Task[]): void {
  expect(tasks.map(({ id }) => id).sort()).toEqual(known.map(({ origin }) => origin.id).sort())
  for (const task of tasks) expectTask(account, account.find(task.id), task)
}

function shapeOf(account: Account, expectation: Expectation): unknown {
  switch (expectation.kind) {
    case 'task':
      return { ...expectation, task: taskShapeOf(account, expectation.task) }
    case 'batch':
      return { ...expectation, results: expectation.results.map((each) => shapeOf(account, each)) }
    case 'refused': {
      const { task } = expectation
      return { ...expectation, ...(task && { task: taskShapeOf(account, task) }) }
    }
    default:
      return expectation
  }
}

const anyInstant: unknown = expect.any(Date)
const anyId: unknown = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)

function taskShapeOf({ userId }: Account, task: ModelTask): unknown {
  const { origin, content, version, isTrashed } = task
  return {
    id: origin.id ?? anyId,
    userId,
    ...content,
    version,
    completedAt: content.completed ? (task.completedAt ?? anyInstant) : null,
    createdAt: origin.createdAt ?? anyInstant,
    updatedAt: task.updatedAt ?? anyInstant,
    deletedAt: isTrashed ? (task.deletedAt ?? anyInstant) : null,
  }
}

function learn(account: Account, expectation: Expectation | undefined, outcome: Outcome): void {
  if (expectation?.kind === 'batch' && outcome.kind === 'batch') {
    for (const [index, each] of outcome.results.entries()) learn(account, expectation.results[index], each)
  } else if (expectation && 'task' in expectation && 'task' in outcome) {
    if (expectation.task && outcome.task) learnTask(account, expectation.task, outcome.task)
  }
}

function learnTask(account: Account, known: ModelTask, task: Task): void {
  const { origin } = known
  if (origin.id === undefined && account.find(task.id)) throw new Error(`The id ${task.id} was given twice`)
  origin.id = task.id
  origin.createdAt = task.createdAt
  const { updatedAtMin = origin.createdAt } = known
  if (task.updatedAt < updatedAtMin) throw new Error(`The task ${task.id} is older than what was before it`)
  account.noteWrite(task.updatedAt)
  known.updatedAt = task.updatedAt
  if (task.completedAt) known.completedAt = task.completedAt
  if (task.deletedAt) known.deletedAt = task.deletedAt
}
