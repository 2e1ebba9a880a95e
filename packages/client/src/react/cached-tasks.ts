import type { InfiniteData, Query, QueryClient, QueryKey } from '@tanstack/react-query'
import type { ListedTask, Task, TaskList } from '@tasklane/api/contract'
import { inputOf, pathOf } from './keys.ts'
import type { ListInput } from './list-order.ts'
import type { LoadedList, Placed } from './place-task.ts'

type ListData = TaskList | InfiniteData<TaskList>

const pagesOf = (data: ListData): readonly TaskList[] => ('pages' in data ? data.pages : [data])

/** Every copy of tasks that a query cache holds: lists, endless ones too, and single tasks. */
export class CachedTasks {
  readonly #queryClient: QueryClient

  constructor(queryClient: QueryClient) {
    this.#queryClient = queryClient
  }

  /** The newest copy of a task, with its description if any copy has it. */
  find(id: string): ListedTask | undefined {
    const queries = [...this.#queriesOf('tasks.list'), ...this.#queriesOf('tasks.get')]
    return queries.reduce<ListedTask | undefined>((found, query) => {
      const copy = this.copyIn(query, id)
      return found && copy ? newest(found, copy) : (copy ?? found)
    }, undefined)
  }

  /** Changes each list. Gives the queries whose answer has to be asked for. */
  changeLists(change: (list: LoadedList) => Placed): Query[] {
    const uncertain: Query[] = []
    for (const query of this.#queriesOf('tasks.list')) {
      const data = query.state.data as ListData | undefined
      if (data === undefined) continue
      const loaded = pagesOf(data)
      const { pages, isCertain } = change({ input: inputOf(query.queryKey) as ListInput, pages: loaded })
      if (!isCertain) uncertain.push(query)
      if (pages !== loaded) this.#write(query.queryKey, 'pages' in data ? { ...data, pages } : pages[0])
    }
    return uncertain
  }

  /** Changes what `tasks.get` has answered. Gives the query where that is of no use any more. */
  changeTask(id: string, change: (task: Task) => Task | undefined): Query[] {
    const query = this.#queryOfTask(id)
    const task = query?.state.data as Task | undefined
    if (!query || task === undefined) return []
    const changed = change(task)
    if (changed === undefined) return [query]
    if (changed !== task) this.#write(query.queryKey, changed)
    return []
  }

  #write(queryKey: QueryKey, data: unknown): void {
    const { dataUpdatedAt, isInvalidated } = this.#queryClient.getQueryState(queryKey) ?? {}
    this.#queryClient.setQueryData(
      queryKey,
      data,
      dataUpdatedAt === undefined ? {} : { updatedAt: dataUpdatedAt },
    )
    // What had to be asked for still has.
    if (isInvalidated)
      void this.#queryClient.invalidateQueries({ queryKey, exact: true, refetchType: 'none' })
  }

  /** The task as one query has answered it. */
  copyIn({ queryKey, state }: Query, id: string): ListedTask | undefined {
    if (state.data === undefined) return undefined
    const path = pathOf(queryKey)
    const tasks: ListedTask[] =
      path === 'tasks.get'
        ? [state.data as Task]
        : path === 'tasks.list'
          ? pagesOf(state.data as ListData).flatMap((page) => page.tasks)
          : []
    const copy = tasks.find((task) => task.id === id)
    if (!copy) return undefined
    const { snippet: _, ...task } = copy
    return task
  }

  #queryOfTask(id: string): Query | undefined {
    const isOfTask = ({ queryKey }: Query) => (inputOf(queryKey) as { id?: string }).id === id
    return this.#queriesOf('tasks.get').find(isOfTask)
  }

  #queriesOf(path: string): Query[] {
    return this.#queryClient
      .getQueryCache()
      .findAll({ predicate: ({ queryKey }) => pathOf(queryKey) === path })
  }
}

/** Of two copies the newer one, with what only the other knows, if they are of one version. */
export function newest(one: ListedTask, other: ListedTask): ListedTask {
  const [older, newer] = one.version > other.version ? [other, one] : [one, other]
  return newer.version === older.version ? { ...older, ...newer } : newer
}
