'use client'

import { keepPreviousData, skipToken, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ListedTask } from '@tasklane/client'
import { useTasklane } from '@tasklane/client/react'
import { useSearchParams } from 'next/navigation'
import { useMemo } from 'react'
import { addressOf, inputOfView, readView, type TaskView } from './task-view.ts'
import { useToday } from './use-today.ts'

/** What the address says now. What is rendered may be behind it. */
export function currentView(): TaskView {
  const query = new URLSearchParams(window.location.search)
  return readView((name) => query.get(name) ?? undefined)
}

/** Goes to another view, in the same step of the history. */
export const changeView = (change: Partial<TaskView>): void =>
  window.history.replaceState(null, '', addressOf({ ...currentView(), ...change }))

/** What the address says. */
export function useTaskView(): TaskView {
  const query = useSearchParams()
  return useMemo(() => readView((name) => query.get(name) ?? undefined), [query])
}

/** The tasks of a view, page by page. What is cached is kept right by the feed, so it is never asked for again. */
export function useTasks(view: TaskView) {
  const api = useTasklane()
  const input = inputOfView(view, useToday())
  const list = useInfiniteQuery(
    api.tasks.list.infiniteQueryOptions(input ?? skipToken, {
      getNextPageParam: (last) => last.nextCursor,
      staleTime: Number.POSITIVE_INFINITY,
      placeholderData: keepPreviousData,
      // A thousand tasks would be compared for each page that is added.
      structuralSharing: false,
    }),
  )
  const tasks = useMemo(() => {
    const seen = new Map<string, ListedTask>()
    for (const { tasks: page } of list.data?.pages ?? []) for (const task of page) seen.set(task.id, task)
    return [...seen.values()]
  }, [list.data])
  return { ...list, tasks, total: list.data?.pages[0]?.total }
}

export function useCounts() {
  const api = useTasklane()
  const today = useToday()
  return useQuery(
    api.tasks.counts.queryOptions(today === undefined ? skipToken : { today }, {
      staleTime: Number.POSITIVE_INFINITY,
    }),
  ).data
}
