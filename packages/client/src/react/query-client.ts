import { type Mutation, type Query, QueryClient, type QueryClientConfig } from '@tanstack/react-query'
import { delayMillisecondsAfter, isLasting } from '../retry.ts'
import { invalidations } from './invalidations.ts'
import { isOf, pathOf } from './keys.ts'
import { taskCacheOf } from './task-cache.ts'

/** A page that was rendered with its data does not ask for it again at once. */
const staleMilliseconds = 30_000
const retriesMax = 3

/** In the `meta` of mutations whose answers are put into the cached lists and tasks: those need not be asked for. */
export const isFolded = 'tasklane.isFolded'
const keptPaths = new Set<string | undefined>(['tasks.list', 'tasks.get'])

/**
 * A `QueryClient` that knows which queries each mutation changes, and asks for them again once it has
 * succeeded: no screen has to. What is wrong for good is not tried again; what is not, three times, after as
 * long as the server asks for. Data is fresh for 30 seconds.
 */
export function createQueryClient({ defaultOptions, ...config }: QueryClientConfig = {}): QueryClient {
  const queryClient = new QueryClient({
    ...config,
    defaultOptions: {
      ...defaultOptions,
      queries: {
        staleTime: staleMilliseconds,
        retry: (failures, error) => failures < retriesMax && !isLasting(error),
        retryDelay: (failures, error) => delayMillisecondsAfter(failures + 1, error),
        ...defaultOptions?.queries,
      },
    },
  })
  queryClient.getMutationCache().subscribe((event) => {
    if (event.type === 'updated' && event.action.type === 'success')
      refreshWhatChanged(queryClient, event.mutation)
  })
  return queryClient
}

function refreshWhatChanged(
  queryClient: QueryClient,
  { options }: Mutation<unknown, unknown, unknown>,
): void {
  const changed = invalidations[pathOf(options.mutationKey) ?? ''] ?? []
  const isChanged = ({ queryKey }: Query) => changed.some((named) => isOf(pathOf(queryKey), named))
  if (options.meta?.[isFolded] !== true) return void queryClient.invalidateQueries({ predicate: isChanged })
  taskCacheOf(queryClient).refreshSoon((query) => isChanged(query) && !keptPaths.has(pathOf(query.queryKey)))
}
