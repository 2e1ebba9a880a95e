import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import { readPageSession } from '@tasklane/client/next'
import { createQueryClient, createTasklaneApi } from '@tasklane/client/react'
import { headers } from 'next/headers'
import { clientOf } from '../tasklane-server.ts'
import { inputOfView, readView } from '../tasks/task-view.ts'
import { TasksScreen } from '../tasks/tasks-screen.tsx'

interface Props {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** The first page of tasks, rendered for whoever asks for it. Where that fails, the browser asks for them. */
export default async function TasksPage({ searchParams }: Props) {
  const sent = await headers()
  const session = readPageSession(sent)
  if (!session) return <TasksScreen />

  const client = await clientOf(session, sent)
  const queryClient = createQueryClient({ defaultOptions: { queries: { retry: false } } })
  const api = createTasklaneApi(client, queryClient)
  // Asked for before the tasks: what changes meanwhile comes after it.
  const since = await client.tasks.changes.query().then(
    ({ next }) => next,
    () => undefined,
  )
  const params = await searchParams
  const input = inputOfView(
    readView((name) => [params[name]].flat()[0]),
    undefined,
  )
  await Promise.all([
    input &&
      queryClient.prefetchInfiniteQuery(
        api.tasks.list.infiniteQueryOptions(input, { getNextPageParam: (last) => last.nextCursor }),
      ),
    queryClient.prefetchQuery(api.auth.me.queryOptions()),
  ])
  return (
    <HydrationBoundary state={dehydrate(queryClient)}>
      <TasksScreen since={since} />
    </HydrationBoundary>
  )
}
