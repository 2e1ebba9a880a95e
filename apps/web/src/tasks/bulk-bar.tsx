'use client'

import type { ListedTask } from '@tasklane/client'
import { Button } from '../parts/button.tsx'
import { ChoiceMenu } from '../parts/choice-menu.tsx'
import { CrossIcon } from '../parts/icons.tsx'
import styles from './bulk-bar.module.css'
import { dayAfter, priorities } from './task-view.ts'
import { forEach, type Operation, useBulk } from './use-bulk.ts'
import { localDay } from './use-today.ts'

interface Props {
  tasks: readonly ListedTask[]
  isTrash: boolean
  onDone: () => void
}

/** What can be done with all tasks that are selected. */
export function BulkBar({ tasks, isTrash, onDone }: Props) {
  const { run, isBusy } = useBulk()
  const open = tasks.filter(({ completed }) => !completed)
  const done = tasks.filter(({ completed }) => completed)
  const today = localDay()

  const finish = (work: Promise<void>) => void work.then(onDone)
  const update = (text: string, field: 'priority' | 'dueDate', value: string | null) => {
    const set = (to: (task: ListedTask) => string | null) =>
      tasks.map((task) => ({ op: 'update', input: { id: task.id, [field]: to(task) } }) as Operation)
    finish(
      run(
        text,
        set(() => value),
        set((task) => task[field]),
      ),
    )
  }
  const days = [
    { title: 'Today', value: today },
    { title: 'Tomorrow', value: dayAfter(today) },
    { title: 'In a week', value: dayAfter(today, 7) },
    { title: 'No day', value: null },
  ]

  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected tasks" aria-busy={isBusy}>
      <p className={styles.count} role="status">
        {tasks.length} selected
      </p>
      {isTrash ? (
        <Button
          disabled={isBusy}
          onClick={() => finish(run('Restored', forEach(tasks, 'restore'), forEach(tasks, 'delete')))}
        >
          Restore
        </Button>
      ) : (
        <>
          {open.length > 0 && (
            <Button
              disabled={isBusy}
              onClick={() => finish(run('Completed', forEach(open, 'complete'), forEach(open, 'reopen')))}
            >
              Complete
            </Button>
          )}
          {done.length > 0 && (
            <Button
              disabled={isBusy}
              onClick={() => finish(run('Reopened', forEach(done, 'reopen'), forEach(done, 'complete')))}
            >
              Reopen
            </Button>
          )}
          <ChoiceMenu
            label="Priority"
            choices={[
              ...priorities.map((value) => ({ title: value, value })),
              { title: 'none', value: null },
            ]}
            onChoose={(value) => update('Priority changed', 'priority', value)}
          />
          <ChoiceMenu
            label="Due"
            choices={days}
            onChoose={(value) => update('Due day changed', 'dueDate', value)}
          />
          <Button
            look="danger"
            disabled={isBusy}
            onClick={() =>
              finish(run('Moved to the trash', forEach(tasks, 'delete'), forEach(tasks, 'restore')))
            }
          >
            Delete
          </Button>
        </>
      )}
      <Button look="quiet" isIcon aria-label="Clear the selection" onClick={onDone}>
        <CrossIcon />
      </Button>
    </div>
  )
}
