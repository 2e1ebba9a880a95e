import { useQuery } from '@tanstack/react-query'
import type { ListedTask, Task } from '@tasklane/client'
import { useTasklane } from '@tasklane/client/react'
import { useState } from 'react'

export type Changes = Partial<Pick<Task, 'title' | 'description' | 'priority' | 'dueDate' | 'tags'>>

/** What somebody has begun to change, kept while its editor is out of sight. */
export interface Edit {
  begun: ListedTask
  changes: Changes
  /** Why it was not taken when it was saved. */
  message?: string
}

/** By the id of the task. */
export type Edits = Map<string, Edit>

/** A task as it was when somebody began to edit it. */
export interface Draft {
  /** Absent while it is loaded. */
  begun: ListedTask | undefined
  /** Whether somebody else has changed the task since. */
  isOutdated: boolean
}

/** Begins with the task as the server has it, or with what the list knows while that cannot be had; or goes on. */
export function useDraft(task: ListedTask, kept: Edit | undefined): Draft {
  const api = useTasklane()
  const { data, isError, fetchStatus } = useQuery(api.tasks.get.queryOptions({ id: task.id }))
  const [begun, setBegun] = useState(kept?.begun)
  const cannotLoad = isError || fetchStatus === 'paused'
  const first: ListedTask | undefined = data ?? (cannotLoad ? task : undefined)
  if (begun === undefined && first) setBegun(first)
  return { begun: begun ?? first, isOutdated: begun !== undefined && task.version > begun.version }
}

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
  // Spaces around a text are not what somebody changes here.
  const before = (value: Changes[keyof Changes]) =>
    typeof value === 'string' ? value.trim() || null : (value ?? null)
  const isOther = ([name, value]: [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(before(begun[name as keyof Changes]))
  return Object.fromEntries(Object.entries(said).filter(isOther))
}

const tagsIn = (text: string) => [
  ...new Set(text.split(',').flatMap((tag) => tag.trim().toLowerCase().replace(/^#/, '') || [])),
]
