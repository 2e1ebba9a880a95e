/** What of a task a file can bring, as it was read. Bounds are the server's to check. */
export interface RowFields {
  id?: string
  title?: string
  description?: string
  completed?: boolean
  priority?: string
  dueDate?: string
  tags?: string[]
}

/** A row of a file: what it holds, or why it holds nothing that can be sent. */
export interface Row {
  /** Where it begins, from 1. In an array of JSON: the how-manieth value it is. */
  line: number
  /** As it was read, for a report. */
  raw: unknown
  content: { fields: RowFields; ignored: string[] } | { problem: string }
}

interface Kind {
  fits(value: unknown): boolean
  expected: string
}

const isText = (value: unknown) => typeof value === 'string'
const text: Kind = { fits: isText, expected: 'text' }

const kinds: Record<keyof RowFields, Kind> = {
  ...{ id: text, title: text, description: text, priority: text, dueDate: text },
  completed: { fits: (value) => typeof value === 'boolean', expected: 'true or false' },
  tags: { fits: (value) => Array.isArray(value) && value.every(isText), expected: 'a list of texts' },
}

/** The fields of an object. Names may be in snake case, and `null` is as absent. */
export function rowOf(line: number, value: unknown): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { line, raw: value, content: { problem: 'not a JSON object, such as {"title": "…"}' } }
  const fields: Record<string, unknown> = {}
  const ignored: string[] = []
  for (const [column, content] of Object.entries(value)) {
    if (content === null) continue
    const field = fieldOf(column)
    if (field === undefined) ignored.push(column)
    else if (field in fields) return { line, raw: value, content: { problem: `${field}: given twice` } }
    else if (kinds[field].fits(content)) fields[field] = content
    else return { line, raw: value, content: { problem: `${column}: must be ${kinds[field].expected}` } }
  }
  return { line, raw: value, content: { fields: fields as RowFields, ignored } }
}

function fieldOf(column: string): keyof RowFields | undefined {
  const name = column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return Object.hasOwn(kinds, name) ? (name as keyof RowFields) : undefined
}
