/** What of a task a file can bring, as it was read. Bounds are the server's to check. */
export interface TaskFields {
  title?: string
  description?: string
  completed?: boolean
  priority?: string
  dueDate?: string
  tags?: string[]
}

/** A row that can be sent. */
export interface ReadRow {
  /** Where it begins in the file, from 1. */
  line: number
  fields: TaskFields
  /** Columns that have a value here and that a task has no field for. */
  ignored: string[]
}

/** A row that cannot be sent, and why. */
export interface UnreadableRow {
  line: number
  problem: string
}

export type Row = ReadRow | UnreadableRow

type FieldName = keyof TaskFields

const fieldOfColumn = new Map<string, FieldName>([
  ['title', 'title'],
  ['description', 'description'],
  ['completed', 'completed'],
  ['priority', 'priority'],
  ['dueDate', 'dueDate'],
  ['due_date', 'dueDate'],
  ['tags', 'tags'],
])

const isText = (value: unknown) => typeof value === 'string'
const text = { fits: isText, expected: 'text' }
const kinds: Record<FieldName, { fits(value: unknown): boolean; expected: string }> = {
  title: text,
  description: text,
  priority: text,
  dueDate: text,
  completed: { fits: (value) => typeof value === 'boolean', expected: 'true or false' },
  tags: { fits: (value) => Array.isArray(value) && value.every(isText), expected: 'a list of texts' },
}

/** The field that a column is for, if there is one. */
export function fieldOf(column: string): FieldName | undefined {
  return fieldOfColumn.get(column)
}

/** Makes a row of what was read. `null` is as absent. */
export function rowOf(line: number, columns: Iterable<[string, unknown]>): Row {
  const fields: Partial<Record<FieldName, unknown>> = {}
  const ignored: string[] = []
  for (const [column, value] of columns) {
    if (value === null) continue
    const field = fieldOf(column)
    if (field === undefined) ignored.push(column)
    else if (field in fields) return { line, problem: `${field}: given twice` }
    else if (kinds[field].fits(value)) fields[field] = value
    else return { line, problem: `${column}: must be ${kinds[field].expected}` }
  }
  return { line, fields: fields as TaskFields, ignored }
}
