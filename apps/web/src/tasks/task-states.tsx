'use client'

import { useEffect, useState } from 'react'
import { Button } from '../parts/button.tsx'
import controls from '../parts/controls.module.css'
import { failureText } from '../parts/notify.ts'
import styles from './task-states.module.css'
import type { ViewName } from './task-view.ts'

const widths = [62, 48, 71, 40, 55, 66, 35, 58]

/** The place of tasks that are still loaded. */
export function TaskSkeleton() {
  return (
    <div className={styles.skeleton} role="status">
      <span className={controls.unseen}>Loading the tasks</span>
      {widths.map((width) => (
        <span key={width} className={styles.line} style={{ width: `${width}%` }} />
      ))}
    </div>
  )
}

const emptyTexts: Readonly<Record<ViewName, [string, string]>> = {
  open: ['Nothing to do', 'Type a task above, or press n from anywhere.'],
  today: ['Nothing due today', 'What is due today or late will stand here.'],
  upcoming: ['Nothing planned', 'Give a task a day, and it will stand here.'],
  done: ['Nothing done yet', 'What you complete will stand here.'],
  trash: ['The trash is empty', 'What you delete stays here for 30 days.'],
}

export function EmptyTasks({ view, isFiltered }: { view: ViewName; isFiltered: boolean }) {
  const [title, text] = isFiltered
    ? ['Nothing found', 'No task here is as you look for it.']
    : emptyTexts[view]
  return (
    <div className={styles.state}>
      <p className={styles.title}>{title}</p>
      <p>{text}</p>
    </div>
  )
}

export function FailedTasks({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div className={styles.state} role="alert">
      <p className={styles.title}>The tasks could not be loaded</p>
      <p>{failureText(error)}</p>
      <Button onClick={retry}>Try again</Button>
    </div>
  )
}

const announceDelayMilliseconds = 800

/** Tells screen readers how many tasks there are, when that changes. */
export function Announcement({ total, title }: { total: number | undefined; title: string }) {
  const [text, setText] = useState('')
  useEffect(() => {
    if (total === undefined) return
    const next = `${title}: ${total} ${total === 1 ? 'task' : 'tasks'}`
    const timer = setTimeout(() => setText(next), announceDelayMilliseconds)
    return () => clearTimeout(timer)
  }, [total, title])
  return (
    <p role="status" className={controls.unseen}>
      {text}
    </p>
  )
}
