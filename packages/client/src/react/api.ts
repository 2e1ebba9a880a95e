import type { QueryClient } from '@tanstack/react-query'
import type { AppRouter } from '@tasklane/api/router'
import { getUntypedClient, type TRPCUntypedClient } from '@trpc/client'
import { createTRPCOptionsProxy, type TRPCOptionsProxy } from '@trpc/tanstack-react-query'
import type { TasklaneClient } from '../create-client.ts'

/**
 * TanStack Query's options and keys for every procedure, such as `api.tasks.list.queryOptions({…})`,
 * `api.tasks.list.infiniteQueryOptions({…}, { getNextPageParam })` and `api.tasks.batch.mutationOptions()`.
 */
export type TasklaneApi = TRPCOptionsProxy<AppRouter>

/** For where there are no hooks, such as server components. Below a provider: `useTasklane()`. */
export function createTasklaneApi(client: TasklaneClient, queryClient: QueryClient): TasklaneApi {
  return createTRPCOptionsProxy<AppRouter>({
    client: withoutDirection(getUntypedClient(client)),
    queryClient,
  })
}

/** The library adds a `direction` to the input of infinite queries, and our contracts refuse unknown fields. */
function withoutDirection(client: TRPCUntypedClient<AppRouter>): TRPCUntypedClient<AppRouter> {
  const query: typeof client.query = (path, input, options) => {
    if (typeof input !== 'object' || input === null || !('direction' in input))
      return client.query(path, input, options)
    const { direction: _, ...rest } = input
    return client.query(path, rest, options)
  }
  return Object.create(client, { query: { value: query } })
}
