'use client'

import { issuesOf } from '@tasklane/client'
import { useTaskWrites } from '@tasklane/client/react'
import { type FormEvent, type KeyboardEvent, type Ref, useState } from 'react'
import { Button } from '../parts/button.tsx'
import controls from '../parts/controls.module.css'
import { PlusIcon } from '../parts/icons.tsx'
import { dayText } from './day-text.ts'
import styles from './quick-add.module.css'
import { readQuickTask } from './quick-words.ts'
import { explain } from './task-actions.ts'
import type { TaskView } from './task-view.ts'
import { localDay } from './use-today.ts'

interface Props {
  view: TaskView
  ref: Ref<HTMLInputElement>
}

/** A line that makes a task, with its tags, priority and due day. What it understands is shown as it is typed. */
export function QuickAdd({ view, ref }: Props) {
  const writes = useTaskWrites()
  const [line, setLine] = useState('')
  const today = localDay()
  const read = readQuickTask(line, today)
  const isMarked = read.tags.length > 0 || read.priority !== undefined || read.dueDate !== undefined

  function add(event: FormEvent): void {
    event.preventDefault()
    if (read.title === '') return
    setLine('')
    const dueDate = read.dueDate ?? (view.view === 'today' ? today : undefined)
    const tags = view.tag ? [...new Set([...read.tags, view.tag])] : read.tags
    const priority = read.priority ?? view.priority
    const task = { ...read, tags, ...(dueDate && { dueDate }), ...(priority && { priority }) }
    writes.create(task).catch((error: unknown) => {
      const [issue] = issuesOf(error)
      // What was typed is not lost.
      setLine((now) => now || line)
      explain(issue ? new Error(`${issue.path.join(' ')}: ${issue.message}`) : error)
    })
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.key === 'Escape') event.currentTarget.blur()
  }

  return (
    <form className={styles.form} method="post" onSubmit={add}>
      <PlusIcon />
      <input
        ref={ref}
        className={styles.input}
        aria-label="New task"
        aria-describedby="quick-add-hint"
        placeholder="New task"
        autoComplete="off"
        enterKeyHint="done"
        maxLength={600}
        value={line}
        onChange={(event) => setLine(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <Button type="submit" look="quiet" disabled={read.title === ''}>
        Add
      </Button>
      <p id="quick-add-hint" className={line === '' ? controls.unseen : styles.hint}>
        {isMarked ? (
          <>
            {read.tags.map((tag) => (
              <span key={tag} className={styles.mark}>
                #{tag}
              </span>
            ))}
            {read.priority && <span className={styles.mark}>{read.priority}</span>}
            {read.dueDate && <span className={styles.mark}>{dayText(read.dueDate, today)}</span>}
          </>
        ) : (
          'Add #tag, !high or @tomorrow'
        )}
      </p>
    </form>
  )
}
