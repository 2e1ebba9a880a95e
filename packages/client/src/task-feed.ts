import type { TaskChanges } from '@tasklane/api/contract'
import type { AppRouter } from '@tasklane/api/router'
import { type OperationContext, type TRPCClient, TRPCClientError } from '@trpc/client'
import type { Unsubscribable } from '@trpc/server/observable'

export type Tasks = TRPCClient<AppRouter>['tasks']

/** One connection that brings changes. It ends at its first fault, and is not mended. */
export interface TaskFeed {
  /**
   * The next page that came. `undefined` when the connection was closed, by the reader or because the
   * reader was too far behind.
   *
   * @throws TRPCClientError why the connection was lost, after the pages that came before.
   */
  next(): Promise<TaskChanges | undefined>
  close(): void
}

interface Options {
  since: number | undefined
  context: OperationContext
}

/** How far to read ahead: 1000 changes. */
const pagesMax = 10

export function openTaskFeed(tasks: Tasks, { since, context }: Options): TaskFeed {
  const pages: TaskChanges[] = []
  let end: { failure?: TRPCClientError<AppRouter> } | undefined
  let subscription: Unsubscribable | undefined
  let wake = () => {}

  function hangUp(reason: NonNullable<typeof end>): void {
    if (end) return
    end = reason
    subscription?.unsubscribe()
    wake()
  }

  const lose = (failure: TRPCClientError<AppRouter>) => hangUp({ failure })

  subscription = tasks.onChange.subscribe(since === undefined ? {} : { since }, {
    context,
    onConnectionStateChange: ({ error }) => {
      if (error) lose(error)
    },
    onData: ({ data: page }) => {
      pages.push(page)
      if (pages.length === pagesMax) hangUp({})
      wake()
    },
    onError: lose,
    onComplete: () => lose(new TRPCClientError('The stream has ended')),
  })
  if (end) subscription.unsubscribe()

  return {
    next: async () => {
      while (pages.length === 0 && !end) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const page = pages.shift()
      if (!page && end?.failure) throw end.failure
      return page
    },
    close: () => {
      pages.length = 0
      hangUp({})
    },
  }
}
