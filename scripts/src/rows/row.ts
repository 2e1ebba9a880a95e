/** What a value of a field must be. Bounds are others' to check. */
interface FieldKind {
  fits(value: unknown): boolean
  expected: string
  /** What the cell of a CSV stands for. Default: its text. */
  fromCell?(cell: string): unknown
}

/** What the columns of a file are for. */
export interface RowShape<Fields> {
  /** Each field is in a column of its name, or of its name in snake case. */
  kinds: Record<keyof Fields & string, FieldKind>
  /** The first row of a CSV must name one of these. */
  oneOf: [keyof Fields & string, ...(keyof Fields & string)[]]
}

/** A row that can be used. */
export interface ReadRow<Fields> {
  /** Where it begins in the file, from 1. */
  line: number
  fields: Fields
  /** Columns that have a value here and that there is no field for. */
  ignored: string[]
}

/** A row that cannot be used, and why. */
export interface UnreadableRow {
  line: number
  problem: string
}

export type Row<Fields> = ReadRow<Fields> | UnreadableRow

const isText = (value: unknown) => typeof value === 'string'

export const text: FieldKind = { fits: isText, expected: 'text' }

export const trueOrFalse: FieldKind = {
  fits: (value) => typeof value === 'boolean',
  expected: 'true or false',
  fromCell: (cell) => (/^(true|false)$/i.test(cell) ? cell.toLowerCase() === 'true' : cell),
}

export const texts: FieldKind = {
  fits: (value) => Array.isArray(value) && value.every(isText),
  expected: 'a list of texts',
  fromCell: (cell) => cell.split(/[,;]/).filter(Boolean),
}

/** The field that a column is for, if there is one. */
export function fieldOf<Fields>(
  { kinds }: RowShape<Fields>,
  column: string,
): (keyof Fields & string) | undefined {
  const name = column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return Object.hasOwn(kinds, name) ? (name as keyof Fields & string) : undefined
}

interface Columns {
  line: number
  columns: Iterable<[string, unknown]>
}

/** Makes a row of what was read. `null` is as absent. */
export function rowOf<Fields>(shape: RowShape<Fields>, { line, columns }: Columns): Row<Fields> {
  const fields: Record<string, unknown> = {}
  const ignored: string[] = []
  for (const [column, value] of columns) {
    if (value === null) continue
    const field = fieldOf(shape, column)
    if (field === undefined) ignored.push(column)
    else if (field in fields) return { line, problem: `${field}: given twice` }
    else if (shape.kinds[field].fits(value)) fields[field] = value
    else return { line, problem: `${column}: must be ${shape.kinds[field].expected}` }
  }
  return { line, fields: fields as Fields, ignored }
}
