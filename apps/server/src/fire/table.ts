import type { Task, TasklaneClient } from '@tasklane/client'

interface Options {
  signal?: AbortSignal
  trashed?: boolean
}

/** Every task, or everything in the trash, from all pages. */
export async function listAll(
  { tasks }: TasklaneClient,
  { signal, trashed = false }: Options = {},
): Promise<Task[]> {
  const all: Task[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const input = { trashed, sort: 'createdAt', order: 'asc', limit: 100, ...(cursor && { cursor }) } as const
    const page = await tasks.list.query(input, signal && { signal })
    for (const { snippet, description = null, ...task } of page.tasks) all.push({ ...task, description })
    cursor = page.nextCursor
  }
  return all
}
