'use client'

import type { Task } from '@tasklane/client'
import { type TaskConflict, useTaskWrites } from '@tasklane/client/react'
import { Button } from '../parts/button.tsx'
import { Dialog, DialogActions } from '../parts/dialog.tsx'
import styles from './conflict-dialog.module.css'
import { dayText } from './day-text.ts'
import { explain } from './task-actions.ts'
import { localDay } from './use-today.ts'

type Field = keyof TaskConflict['mine']

const names: Readonly<Record<Field, string>> = {
  ...{ title: 'Title', description: 'Notes', completed: 'Done', priority: 'Priority' },
  ...{ dueDate: 'Due', tags: 'Tags', deletedAt: 'Trash' },
}

/** Shows what one wanted beside what somebody else has made of it, to choose one. */
export function ConflictDialog({ conflict }: { conflict: TaskConflict }) {
  const { keepMine, takeTheirs } = useTaskWrites()
  const { mine, theirs } = conflict
  const fields = Object.keys(mine) as Field[]
  return (
    <Dialog
      title="This task was changed elsewhere"
      description={`“${theirs.title}” is not as it was when you changed it. Your change is not saved yet: which one shall stay?`}
    >
      <table className={styles.table}>
        <thead>
          <tr>
            <td />
            <th scope="col">Mine</th>
            <th scope="col">Theirs</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th scope="row">{names[field]}</th>
              <td>{textOf(field, mine)}</td>
              <td>{textOf(field, theirs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <DialogActions>
        <Button onClick={() => takeTheirs(conflict)}>Take theirs</Button>
        <Button look="primary" onClick={() => void keepMine(conflict).catch(explain)}>
          Keep mine
        </Button>
      </DialogActions>
    </Dialog>
  )
}

function textOf(field: Field, values: Partial<Pick<Task, Field>>): string {
  const value = values[field]
  if (field === 'deletedAt') return value ? 'In the trash' : 'Not in the trash'
  if (field === 'dueDate' && typeof value === 'string') return dayText(value, localDay())
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (Array.isArray(value)) return value.join(', ') || 'None'
  return value === null || value === undefined || value === '' ? 'None' : String(value)
}
