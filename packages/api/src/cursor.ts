import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AppError } from './errors.ts'

/** The row that a cursor stands behind: what it has of what the list is sorted by, and its id. */
export interface Place<Value> {
  value: Value
  id: string
}

/** An instant that a list is sorted by. PostgreSQL has no year 0000. */
export const instantValue = z.iso.datetime({ precision: 3 }).refine((value) => value >= '0001')

/**
 * A cursor of one list: its name, or its sort and filters. Another list refuses it. Its form is nobody's
 * business. Up to 2800 characters for a text of 500.
 */
export function writeCursor(list: string, { value, id }: Place<string | number>): string {
  // The id last: a cursor that was cut off has none. Not as JSON, which makes six characters of one.
  return Buffer.from(`${digest(list)}${typeof value === 'number' ? '#' : '"'}${value}${id}`).toString(
    'base64url',
  )
}

interface Reading<Value> {
  list: string
  cursor: string
  /** What the list is sorted by. Callers can make up cursors. */
  value: z.ZodType<Value>
}

/**
 * The row that a cursor stands behind.
 *
 * @throws AppError `CURSOR_INVALID`.
 */
export function readCursor<Value>({ list, cursor, value }: Reading<Value>): Place<Value> {
  const parsed = z.tuple([z.literal(digest(list)), value, z.guid()]).safeParse(parse(cursor))
  if (!parsed.success) throw new AppError('CURSOR_INVALID')
  return { value: parsed.data[1], id: parsed.data[2] }
}

function parse(cursor: string): unknown {
  const bytes = Buffer.from(cursor, 'base64url')
  if (bytes.toString('base64url') !== cursor) return undefined
  const [, list, kind, value, id] = /^(.{11})([#"])(.*)(.{36})$/su.exec(bytes.toString()) ?? []
  return [list, kind === '#' ? Number(value) : value, id]
}

function digest(list: string): string {
  return createHash('sha256').update(list).digest('base64url').slice(0, 11)
}
