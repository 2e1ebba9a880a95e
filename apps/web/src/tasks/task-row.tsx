'use client'

import type { ListedTask } from '@tasklane/client'
import { memo } from 'react'
import { Button } from '../parts/button.tsx'
import { CalendarIcon, PencilIcon, RestoreIcon, TrashIcon } from '../parts/icons.tsx'
import { dayText } from './day-text.ts'
import { PriorityMark } from './priority-mark.tsx'
import type { TaskActions } from './task-actions.ts'
import styles from './task-row.module.css'

export interface RowActions extends TaskActions {
  activate(id: string): void
  select(id: string): void
  edit(id: string): void
  showTag(tag: string): void
}

interface Props {
  task: ListedTask
  index: number
  isActive: boolean
  isSelected: boolean
  /** Whether the server has not answered its last change yet. */
  isUnsaved: boolean
  today: string | undefined
  actions: RowActions
  /** Tells how high it is. */
  measure: ((element: Element | null) => void) | undefined
}

/** A task in the list. It is one stop of the keyboard; within the active one Tab reaches what it holds. */
export const TaskRow = memo(function TaskRow({ task, index, actions, today, measure, ...state }: Props) {
  const { id, title, completed, priority, dueDate, tags } = task
  const isTrashed = task.deletedAt !== null
  const isLate = !completed && dueDate !== null && today !== undefined && dueDate < today
  const stop = state.isActive ? 0 : -1
  return (
    <div
      ref={measure}
      role="row"
      data-index={index}
      data-task={id}
      aria-rowindex={index + 1}
      aria-selected={state.isSelected}
      tabIndex={stop}
      className={styles.row}
      data-active={state.isActive}
      data-done={completed}
      data-unsaved={state.isUnsaved}
      onFocus={() => actions.activate(id)}
    >
      <div role="gridcell" className={styles.marks}>
        <input
          type="checkbox"
          className={styles.select}
          aria-label={`Select “${title}”`}
          tabIndex={stop}
          checked={state.isSelected}
          onChange={() => actions.select(id)}
        />
        <input
          type="checkbox"
          className={styles.done}
          aria-label={`Done: “${title}”`}
          tabIndex={stop}
          checked={completed}
          disabled={isTrashed}
          onChange={() => actions.toggle(task)}
        />
      </div>
      <div role="gridcell" className={styles.body}>
        {isTrashed ? (
          <span className={styles.title}>{title}</span>
        ) : (
          <button type="button" className={styles.title} tabIndex={stop} onClick={() => actions.edit(id)}>
            {title}
          </button>
        )}
        <span className={styles.details}>
          {tags.map((tag) => (
            <button
              key={tag}
              type="button"
              className={styles.tag}
              tabIndex={stop}
              aria-label={`Show tasks with the tag ${tag}`}
              onClick={() => actions.showTag(tag)}
            >
              {tag}
            </button>
          ))}
          {dueDate !== null && (
            <span className={styles.due} data-late={isLate}>
              <CalendarIcon />
              <time dateTime={dueDate}>{dayText(dueDate, today)}</time>
              {isLate && <span className={styles.unseen}> (overdue)</span>}
            </span>
          )}
          {priority !== null && <PriorityMark priority={priority} />}
          {state.isUnsaved && <span className={styles.unsaved}>Not saved yet</span>}
        </span>
      </div>
      <div role="gridcell" className={styles.actions}>
        {isTrashed ? (
          <Button
            look="quiet"
            isIcon
            tabIndex={stop}
            aria-label={`Restore “${title}”`}
            onClick={() => actions.restore(task)}
          >
            <RestoreIcon />
          </Button>
        ) : (
          <>
            <Button
              look="quiet"
              isIcon
              tabIndex={stop}
              aria-label={`Edit “${title}”`}
              onClick={() => actions.edit(id)}
            >
              <PencilIcon />
            </Button>
            <Button
              look="quiet"
              isIcon
              tabIndex={stop}
              aria-label={`Delete “${title}”`}
              onClick={() => actions.remove(task)}
            >
              <TrashIcon />
            </Button>
          </>
        )}
      </div>
    </div>
  )
})
