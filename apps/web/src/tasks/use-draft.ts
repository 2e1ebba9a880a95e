import { useQuery } from '@tanstack/react-query'
import type { ListedTask, Task } from '@tasklane/client'
import { useTasklane } from '@tasklane/client/react'
import { useState } from 'react'

/** A task as it was when somebody began to edit it. */
export interface Draft {
  /** Absent while it is loaded. */
  begun: ListedTask | undefined
  /** Whether somebody else has changed the task since. */
  isOutdated: boolean
}

/** Begins with the task as the server has it, or with what the list knows while that cannot be had. */
export function useDraft(task: ListedTask): Draft {
  const api = useTasklane()
  const { data, isError, fetchStatus } = useQuery(api.tasks.get.queryOptions({ id: task.id }))
  const [begun, setBegun] = useState<ListedTask>()
  const cannotLoad = isError || fetchStatus === 'paused'
  const first: ListedTask | undefined = data ?? (cannotLoad ? task : undefined)
  if (begun === undefined && first) setBegun(first)
  return { begun: begun ?? first, isOutdated: begun !== undefined && task.version > begun.version }
}

export type Changes = Partial<Pick<Task, 'title' | 'description' | 'priority' | 'dueDate' | 'tags'>>

/** What a form says that is not so already. */
export function changesIn(form: FormData, begun: ListedTask): Changes {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const said = {
    title: text('title'),
    ...(begun.description !== undefined && { description: text('description') || null }),
    priority: (text('priority') || null) as Task['priority'],
    dueDate: text('dueDate') || null,
    tags: tagsIn(text('tags')),
  }
  const isOther = ([name, value]: [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(begun[name as keyof Changes] ?? null)
  return Object.fromEntries(Object.entries(said).filter(isOther))
}

const tagsIn = (text: string) => [
  ...new Set(text.split(',').flatMap((tag) => tag.trim().toLowerCase().replace(/^#/, '') || [])),
]
