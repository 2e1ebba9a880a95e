import type { TasklaneClient, TasklaneInputs, TasklaneOutputs } from '@tasklane/client'

export type ListFilters = Omit<NonNullable<TasklaneInputs['tasks']['list']>, 'cursor' | 'offset' | 'limit'>
export type TaskPage = TasklaneOutputs['tasks']['list']

interface Work {
  client: TasklaneClient
  filters: ListFilters
  signal: AbortSignal
}

const pageLimit = 100

/** All tasks that the filters keep, page by page. What is written meanwhile moves none of them. */
export async function* listPages({ client, filters, signal }: Work): AsyncGenerator<TaskPage, void> {
  let cursor: string | undefined
  do {
    const page: TaskPage = await client.tasks.list.query(
      { ...filters, limit: pageLimit, ...(cursor !== undefined && { cursor }) },
      { signal },
    )
    yield page
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}
