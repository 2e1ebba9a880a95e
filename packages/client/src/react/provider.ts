'use client'

import { type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
} from 'react'
import type { TasklaneClient } from '../create-client.ts'
import { createTasklaneApi, type TasklaneApi } from './api.ts'
import { followTasks } from './live-tasks.ts'
import { taskCacheOf } from './task-cache.ts'
import type { TaskConflict } from './task-conflicts.ts'
import { createTaskWrites, type TaskWrites } from './task-writes.ts'

interface Provided {
  client: TasklaneClient
  queryClient: QueryClient
  api: TasklaneApi
  writes: TaskWrites
}

const Context = createContext<Provided | undefined>(undefined)

export interface TasklaneProviderProps {
  client: TasklaneClient
  /** From `createQueryClient()`. */
  queryClient: QueryClient
  children?: ReactNode
}

/** Gives a client and its cache to what is below it, TanStack Query's own hooks included. */
export function TasklaneProvider({ client, queryClient, children }: TasklaneProviderProps) {
  const value = useMemo(
    () => ({
      ...{ client, queryClient, api: createTasklaneApi(client, queryClient) },
      writes: createTaskWrites(client, queryClient),
    }),
    [client, queryClient],
  )
  return createElement(
    Context.Provider,
    { value },
    createElement(QueryClientProvider, { client: queryClient }, children),
  )
}

function useProvided(): Provided {
  const provided = useContext(Context)
  if (!provided) throw new Error('There is no TasklaneProvider around this')
  return provided
}

/** Options and keys of TanStack Query for every procedure. */
export function useTasklane(): TasklaneApi {
  return useProvided().api
}

/** For calls that are neither cached nor shown. */
export function useTasklaneClient(): TasklaneClient {
  return useProvided().client
}

/** The same writes for every component. */
export function useTaskWrites(): TaskWrites {
  return useProvided().writes
}

/** The conflicts to be decided, by `keepMine` or `takeTheirs` of `useTaskWrites()`. */
export function useTaskConflicts(): readonly TaskConflict[] {
  const { conflicts } = taskCacheOf(useProvided().queryClient)
  const open = () => conflicts.open
  return useSyncExternalStore(conflicts.subscribe, open, open)
}

/** The ids of tasks with writes that the server has not answered yet. They are lost with the page. */
export function useUnsavedTasks(): readonly string[] {
  const cache = taskCacheOf(useProvided().queryClient)
  const unsaved = () => cache.unsaved
  return useSyncExternalStore(cache.subscribe, unsaved, unsaved)
}

export interface LiveTasksOptions {
  /** Where the feed stood (`next` of `tasks.changes`) before what is cached was asked for. Default: all is asked for anew. */
  since?: number | undefined
  /** Default true. False while nobody is signed in. */
  isEnabled?: boolean | undefined
  /** Called when the server refuses for good to tell more, as it does to a page that is older than it supports. Default: it is thrown. */
  onFailure?: ((error: unknown) => void) | undefined
}

/**
 * Follows the tasks of the signed-in user through lost connections and restarts of the server, and keeps every
 * cached list and task as they are. It ends once nobody is signed in. For one component of an app.
 */
export function useLiveTasks({ since, isEnabled = true, onFailure }: LiveTasksOptions = {}): void {
  const { client, queryClient } = useProvided()
  const tell = useRef(onFailure)
  useEffect(() => {
    tell.current = onFailure
  })
  useEffect(() => {
    if (!isEnabled) return
    const stop = new AbortController()
    void followTasks({ client, queryClient, since, signal: stop.signal }).catch((error: unknown) => {
      if (!tell.current) throw error
      tell.current(error)
    })
    return () => stop.abort()
  }, [client, queryClient, since, isEnabled])
}

/** Forgets what one user has seen and wanted, before another signs in. */
export function forgetUser(queryClient: QueryClient): void {
  queryClient.clear()
  taskCacheOf(queryClient).clear()
}
