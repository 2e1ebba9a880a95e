'use client'

import { issuesOf, type ListedTask, reasonOf } from '@tasklane/client'
import { useTaskWrites } from '@tasklane/client/react'
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { Button } from '../parts/button.tsx'
import controls from '../parts/controls.module.css'
import { failureText } from '../parts/notify.ts'
import { explain } from './task-actions.ts'
import styles from './task-editor.module.css'
import { TaskFields } from './task-fields.tsx'
import { changesIn, type Edit, type Edits, useDraft } from './use-draft.ts'

interface Props {
  task: ListedTask
  index: number
  /** Where what is typed is kept until it is saved or given up. */
  edits: Edits
  /** Called if what was saved is refused after the editor is closed. */
  onRefused: (edit: Edit & { message: string }) => void
  onClose: () => void
  /** Tells how high it is. */
  measure: ((element: Element | null) => void) | undefined
}

/** A task that is edited in its place. Enter saves, Escape leaves it as it was. */
export function TaskEditor({ task, index, edits, onRefused, onClose, measure }: Props) {
  const writes = useTaskWrites()
  const [kept] = useState(() => edits.get(task.id))
  const { begun, isOutdated } = useDraft(task, kept)
  const [failure, setFailure] = useState(kept?.message)
  const title = useRef<HTMLInputElement>(null)
  const id = useId()
  const isReady = begun !== undefined
  const shown = begun && { ...begun, ...kept?.changes }
  useEffect(() => {
    // It may have come back above or below what is looked at.
    if (isReady) title.current?.focus({ preventScroll: true })
  }, [isReady])

  function keep({ currentTarget }: FormEvent<HTMLFormElement>): void {
    if (!begun) return
    const changes = changesIn(new FormData(currentTarget), begun)
    if (Object.keys(changes).length > 0) edits.set(task.id, { begun, changes })
    else edits.delete(task.id)
  }

  async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    if (!begun) return
    const changes = changesIn(new FormData(event.currentTarget), begun)
    if (changes.title === '') return setFailure('A task needs a title.')
    onClose()
    if (Object.keys(changes).length === 0) return
    try {
      await writes.update({ id: task.id, expectedVersion: begun.version, ...changes })
    } catch (error) {
      // A conflict is decided where it is shown; what is gone cannot be edited.
      if (reasonOf(error) === 'VERSION_CONFLICT' || reasonOf(error) === 'TASK_NOT_FOUND')
        return explain(error)
      const [issue] = issuesOf(error)
      const why = issue ? `${issue.path.join(' ')}: ${issue.message}` : failureText(error)
      onRefused({ begun, changes, message: why })
    }
  }

  function onKeyDown(event: KeyboardEvent<HTMLFormElement>): void {
    if (event.key === 'Escape') onClose()
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) event.currentTarget.requestSubmit()
  }

  return (
    <div
      ref={measure}
      role="row"
      tabIndex={-1}
      data-index={index}
      aria-rowindex={index + 1}
      className={styles.row}
    >
      <div role="gridcell">
        {shown ? (
          <form
            aria-label={`Editing “${task.title}”`}
            className={styles.form}
            method="post"
            noValidate
            onInput={keep}
            onSubmit={(event) => void save(event)}
            onKeyDown={onKeyDown}
          >
            <TaskFields shown={shown} titleRef={title} failureId={failure && `${id}-failure`} />
            <div className={styles.actions}>
              <p id={`${id}-failure`} role="alert" className={controls.error}>
                {failure}
              </p>
              {isOutdated && (
                <p role="status" className={controls.hint}>
                  Somebody has changed this task meanwhile.
                </p>
              )}
              <Button look="quiet" onClick={onClose}>
                Cancel
              </Button>
              <Button look="primary" type="submit">
                Save
              </Button>
            </div>
          </form>
        ) : (
          <p className={styles.loading}>{task.title}</p>
        )}
      </div>
    </div>
  )
}
