import type { Task, TaskChange } from '@tasklane/api/contract'
import { describe, expect, it } from 'vitest'
import { applyChanges, type TaskState } from './apply-changes.ts'

function taskOf(id: string, title = `Title of ${id}`): Task {
  const at = new Date('2028-02-29T12:00:00Z')
  return {
    id,
    userId: 'user',
    title,
    description: null,
    completed: false,
    completedAt: null,
    priority: null,
    dueDate: null,
    tags: ['a'],
    version: 1,
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
  }
}

const upsert = (seq: number, task: Task): TaskChange => ({ seq, type: 'upsert', task })
const removal = (seq: number, id: string): TaskChange => ({ seq, type: 'delete', id })
const stateOf = (...tasks: Task[]): TaskState => new Map(tasks.map((task) => [task.id, task]))

describe('changes', () => {
  it('add, replace and remove tasks, in their order', () => {
    const state = stateOf(taskOf('a'), taskOf('b'))
    const changes = [
      upsert(3, taskOf('c')),
      upsert(4, taskOf('a', 'New')),
      removal(5, 'b'),
      removal(6, 'c'),
      upsert(7, taskOf('c', 'Again')),
    ]
    const next = stateOf(taskOf('a', 'New'), taskOf('c', 'Again'))
    expect(applyChanges(state, changes)).toEqual(next)
    expect(applyChanges(state, { changes, next: 7, resync: false })).toEqual(next)
  })

  it('leave the state that they are applied to as it is', () => {
    const state = stateOf(taskOf('a'), taskOf('b'))
    applyChanges(state, [removal(3, 'a'), upsert(4, taskOf('b', 'New'))])
    applyChanges(state, { changes: [], next: 4, resync: true })
    expect(state).toEqual(stateOf(taskOf('a'), taskOf('b')))
  })

  it('of a page with resync stand for themselves, also when there are none', () => {
    const state = stateOf(taskOf('a'), taskOf('b'))
    expect(applyChanges(state, { changes: [], next: 4, resync: true })).toEqual(new Map())
    const page = { changes: [upsert(4, taskOf('c'))], next: 4, resync: true }
    expect(applyChanges(state, page)).toEqual(stateOf(taskOf('c')))
  })

  it.each([
    ['nothing', []],
    ['the removal of what is not there', [removal(5, 'c')]],
    ['a task that is there already', [upsert(5, taskOf('a'))]],
    ['a task that came and went', [upsert(5, taskOf('c')), removal(6, 'c')]],
  ])('give the same state for %s', (_name, changes) => {
    const state = stateOf(taskOf('a'), taskOf('b'))
    expect(applyChanges(state, changes)).toBe(state)
    expect(applyChanges(state, { changes, next: 9, resync: false })).toBe(state)
  })

  it('give the same state for a resync to what is there already', () => {
    const state = stateOf(taskOf('a'))
    expect(applyChanges(state, { changes: [upsert(9, taskOf('a'))], next: 9, resync: true })).toBe(state)
    const empty = new Map<string, Task>()
    expect(applyChanges(empty, { changes: [], next: 9, resync: true })).toBe(empty)
  })

  it.each<[string, Partial<Task>]>([
    ['title', { title: 'New' }],
    ['description', { description: 'New' }],
    ['tags', { tags: ['b'] }],
    ['version', { version: 2 }],
    ['updatedAt', { updatedAt: new Date('2028-03-01T12:00:00Z') }],
  ])('give another state when only %s differs', (_name, difference) => {
    const state = stateOf(taskOf('a'))
    const next = applyChanges(state, [upsert(5, { ...taskOf('a'), ...difference })])
    expect(next).not.toBe(state)
    expect(next.get('a')).toEqual({ ...taskOf('a'), ...difference })
  })

  it('do not depend on the order of the fields', () => {
    const state = stateOf(taskOf('a'))
    const turned = Object.fromEntries(Object.entries(taskOf('a')).reverse()) as Task
    expect(applyChanges(state, [upsert(5, turned)])).toBe(state)
  })
})
