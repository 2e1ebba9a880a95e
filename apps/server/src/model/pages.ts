import type { ListedTask, Task } from '@tasklane/api/contract'
import { expect } from 'vitest'
import type { Client } from './calls.ts'

type ListInput = NonNullable<Parameters<Client['tasks']['list']['query']>[0]>

interface Walk {
  list: Omit<ListInput, 'cursor' | 'limit' | 'offset'>
  /** Of one page after another, from the start again when they are used up. */
  limits: readonly number[]
  /** What happens between the first page and the second. */
  meanwhile?: () => Promise<void>
}

/** Every task of a list, page by page, and the total that the first one told. */
export async function listAll(
  { tasks }: Client,
  { list, limits, meanwhile }: Walk,
): Promise<{ tasks: Task[]; total: number | undefined }> {
  const found: ListedTask[] = []
  let total: number | undefined
  let cursor: string | null | undefined
  for (let page = 0; cursor !== null; page += 1) {
    const limit = limits[page % limits.length] ?? 100
    const answer = await tasks.list.query({ ...list, limit, ...(cursor && { cursor }) })
    expect(answer.tasks.length).toBeLessThanOrEqual(limit)
    if (answer.nextCursor !== null) expect(answer.tasks).toHaveLength(limit)
    found.push(...answer.tasks)
    if (page === 0) total = answer.total
    if (page === 0) await meanwhile?.()
    cursor = answer.nextCursor
  }
  return { tasks: found.map(wholeTask), total }
}

function wholeTask({ description, ...task }: ListedTask): Task {
  if (description === undefined) throw new Error(`The task ${task.id} was listed without its description`)
  return { ...task, description }
}
