'use client'

import type { ListedTask } from '@tasklane/client'
import { useUnsavedTasks } from '@tasklane/client/react'
import { type Ref, useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react'
import { usePrepared, whenShown } from '../parts/lazy.tsx'
import { notify } from '../parts/notify.ts'
import { PlainRows } from './plain-rows.tsx'
import { useTaskActions } from './task-actions.ts'
import styles from './task-list.module.css'
import { type RowActions, TaskRow } from './task-row.tsx'
import type { TaskRowsProps } from './task-rows.ts'
import type { Edits } from './use-draft.ts'
import { useRowFocus } from './use-row-focus.ts'
import { useToday } from './use-today.ts'

const VirtualRows = whenShown<TaskRowsProps>(
  async () => (await import('./virtual-rows.tsx')).VirtualRows,
  PlainRows,
)
const TaskEditor = whenShown(async () => (await import('./task-editor.tsx')).TaskEditor)

/** What the keyboard does with the list. */
export interface TaskListHandle {
  move(steps: number): void
  /** The task whose row has the focus. */
  active(): ListedTask | undefined
  edit(id: string): void
}

interface Props {
  label: string
  tasks: readonly ListedTask[]
  /** How many there are, loaded or not. */
  total: number
  selected: ReadonlySet<string>
  /** They outlive the list. */
  edits: Edits
  onSelect(id: string): void
  onShowTag(tag: string): void
  /** Called when the end of what is loaded comes near. */
  onEndNear: (() => void) | undefined
  ref: Ref<TaskListHandle>
}

/** Lists that are not longer are simply rendered. */
const plainMax = 60
/** How many rows before the end to ask for more. */
const nearRows = 25

/** The tasks as rows. Of many, those that are seen. */
export function TaskList(props: Props) {
  const { label, tasks, total, selected, edits, onSelect, onShowTag, onEndNear, ref } = props
  const [editedId, setEditedId] = useState<string>()
  const show = useRef((_index: number) => {})
  const today = useToday()
  const unsaved = useUnsavedTasks()
  const taskActions = useTaskActions()
  const focus = useRowFocus(tasks, (index) => show.current(index))
  usePrepared(TaskEditor)

  const { activate } = focus
  const actions = useMemo<RowActions>(
    () => ({ ...taskActions, activate, select: onSelect, edit: setEditedId, showTag: onShowTag }),
    [taskActions, activate, onSelect, onShowTag],
  )
  useImperativeHandle(ref, () => ({
    move: focus.move,
    active: () => {
      const id = document.activeElement?.closest<HTMLElement>('[data-task]')?.dataset['task']
      return tasks.find((task) => task.id === id)
    },
    edit: setEditedId,
  }))

  const isGone = editedId !== undefined && !tasks.some(({ id }) => id === editedId)
  useEffect(() => {
    if (!isGone) return
    setEditedId(undefined)
    if (edits.has(editedId))
      notify({ kind: 'error', text: 'What you edit is not in this list any more. Open it again to go on.' })
  }, [isGone, editedId, edits])

  const { length } = tasks
  const onShown = useCallback(
    (lastIndex: number) => {
      if (lastIndex >= length - nearRows) onEndNear?.()
    },
    [onEndNear, length],
  )
  const onReady = useCallback((bring: (index: number) => void) => {
    show.current = bring
  }, [])
  const render: TaskRowsProps['render'] = (index, measure) => {
    const task = tasks[index]
    if (!task) return null
    if (task.id === editedId)
      return (
        <TaskEditor
          key={task.id}
          measure={measure}
          task={task}
          index={index}
          edits={edits}
          onRefused={(edit) => {
            edits.set(task.id, edit)
            // Whoever edits another task meanwhile finds it when this one is opened again.
            setEditedId((now) => now ?? task.id)
            notify({ kind: 'error', text: `“${task.title}” is not saved. ${edit.message}` })
          }}
          onClose={() => {
            edits.delete(task.id)
            setEditedId(undefined)
            focus.resume()
          }}
        />
      )
    return (
      <TaskRow
        key={task.id}
        measure={measure}
        task={task}
        index={index}
        isActive={task.id === focus.activeId}
        isSelected={selected.has(task.id)}
        isUnsaved={unsaved.includes(task.id) || edits.has(task.id)}
        today={today}
        actions={actions}
      />
    )
  }
  const rows = { count: length, keyOf: (index: number) => tasks[index]?.id ?? '', render, onShown, onReady }

  return (
    <div
      role="grid"
      aria-label={label}
      aria-rowcount={total}
      aria-multiselectable="true"
      className={styles.grid}
    >
      {total > plainMax ? <VirtualRows {...rows} /> : <PlainRows {...rows} />}
    </div>
  )
}
