'use client'

import { type ListedTask, reasonOf } from '@tasklane/client'
import { type TaskWrites, useTaskWrites } from '@tasklane/client/react'
import { useMemo } from 'react'
import { notify, notifyFailure } from '../parts/notify.ts'

/** What can be done with a task from its row. Each says what it has done, and how to take it back. */
export interface TaskActions {
  toggle(task: ListedTask): void
  remove(task: ListedTask): void
  restore(task: ListedTask): void
}

export function useTaskActions(): TaskActions {
  const writes = useTaskWrites()
  return useMemo(() => createTaskActions(writes), [writes])
}

function createTaskActions(writes: TaskWrites): TaskActions {
  const nameOf = ({ title }: ListedTask) => `“${title.length > 60 ? `${title.slice(0, 60)}…` : title}”`

  function run(write: Promise<unknown>, text: string, undo: () => Promise<unknown>): void {
    notify({ text, undo: () => void undo().catch(explain) })
    write.catch(explain)
  }

  return {
    toggle: (task) => {
      const { id } = task
      if (task.completed)
        return run(writes.reopen({ id }), `Reopened ${nameOf(task)}`, () => writes.complete({ id }))
      run(writes.complete({ id }), `Completed ${nameOf(task)}`, () => writes.reopen({ id }))
    },
    remove: (task) => {
      const { id } = task
      run(writes.delete({ id }), `Moved ${nameOf(task)} to the trash`, () => writes.restore({ id }))
    },
    restore: (task) => {
      const { id } = task
      run(writes.restore({ id }), `Restored ${nameOf(task)}`, () => writes.delete({ id }))
    },
  }
}

const endings = ['TOKEN_INVALID', 'TOKEN_EXPIRED', 'AUTHENTICATION_REQUIRED']

/** A conflict is shown where it can be decided; with the session everything else is over too. */
export function explain(error: unknown): void {
  const reason = reasonOf(error)
  if (reason === 'TASK_NOT_FOUND') notify({ kind: 'error', text: 'This task was deleted elsewhere' })
  else if (reason !== 'VERSION_CONFLICT' && !endings.includes(reason ?? '')) notifyFailure(error)
}
