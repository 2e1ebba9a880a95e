import type { ListedTask } from '@tasklane/client'
import type { Ref } from 'react'
import controls from '../parts/controls.module.css'
import { PriorityOptions } from './priority-mark.tsx'
import styles from './task-editor.module.css'

interface Props {
  /** What they say at first. */
  shown: ListedTask
  titleRef: Ref<HTMLInputElement>
  /** Of what says why the title is not taken. */
  failureId: string | undefined
}

/** What can be changed of a task, by the names that `changesIn` reads. */
export function TaskFields({ shown, titleRef, failureId }: Props) {
  return (
    <>
      <input
        ref={titleRef}
        className={styles.title}
        name="title"
        aria-label="Title"
        maxLength={500}
        defaultValue={shown.title}
        autoComplete="off"
        aria-invalid={failureId !== undefined}
        aria-describedby={failureId}
      />
      {shown.description === undefined ? (
        <p className={controls.hint}>The notes cannot be loaded now.</p>
      ) : (
        <textarea
          className={styles.notes}
          name="description"
          aria-label="Notes"
          placeholder="Notes"
          maxLength={16_000}
          defaultValue={shown.description ?? ''}
        />
      )}
      <div className={styles.fields}>
        <label className={controls.field}>
          <span className={controls.label}>Due</span>
          <input className={controls.input} type="date" name="dueDate" defaultValue={shown.dueDate ?? ''} />
        </label>
        <label className={controls.field}>
          <span className={controls.label}>Priority</span>
          <select className={controls.input} name="priority" defaultValue={shown.priority ?? ''}>
            <option value="">None</option>
            <PriorityOptions />
          </select>
        </label>
        <label className={controls.field}>
          <span className={controls.label}>Tags</span>
          <input
            className={controls.input}
            name="tags"
            placeholder="home, work"
            autoComplete="off"
            defaultValue={shown.tags.join(', ')}
          />
        </label>
      </div>
    </>
  )
}
