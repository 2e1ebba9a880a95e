import { type ReadRow, type Row, type RowShape, text, texts, trueOrFalse } from '../rows/row.ts'

/** What of a task a file can bring, as it was read. Bounds are the server's to check. */
export interface TaskFields {
  title?: string
  description?: string
  completed?: boolean
  priority?: string
  dueDate?: string
  tags?: string[]
}

export type TaskRow = Row<TaskFields>
export type ReadTaskRow = ReadRow<TaskFields>

export const taskShape: RowShape<TaskFields> = {
  kinds: {
    title: text,
    description: text,
    completed: trueOrFalse,
    priority: text,
    dueDate: text,
    tags: texts,
  },
  oneOf: ['title'],
}
