import type { QueryClient } from '@tanstack/react-query'
import type { TasklaneClient } from '../create-client.ts'
import { isUnauthorized } from '../errors.ts'
import { taskCacheOf } from './task-cache.ts'

interface Following {
  client: TasklaneClient
  queryClient: QueryClient
  /** Where the feed stood when what is cached was asked for. Default: unknown, so that all is asked for anew. */
  since?: number | undefined
  signal: AbortSignal
}

/** Puts what becomes of tasks, whoever writes them, into the cached lists and tasks, until nobody is signed in. */
export async function followTasks({ client, queryClient, since, signal }: Following): Promise<void> {
  const cache = taskCacheOf(queryClient)
  cache.position ??= since
  let isLoading = false
  try {
    for await (const page of client.tasks.watch({ since: cache.position, signal })) {
      isLoading ||= page.resync
      if (isLoading) {
        // The feed loads every task, of which pages show few: those are asked for.
        if (page.next > 0) {
          isLoading = false
          cache.refreshAll()
        }
      } else {
        if (cache.position === undefined) cache.refreshAll()
        cache.fold(page.changes)
      }
      if (!isLoading) cache.position = page.next
    }
  } catch (error) {
    if (!isUnauthorized(error)) throw error
  }
}
