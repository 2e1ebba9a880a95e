import { AppError } from '../../errors.ts'

/** What a cursor is a place in. One kind is refused where another is asked for. */
const kinds = { events: 1, export: 2 } as const
type CursorKind = keyof typeof kinds

/** The row that a cursor stands behind. */
export interface Place {
  id: string
  at: Date
}

const kindLength = 1
const instantLength = 8
const idLength = 16

/** A cursor that stands behind a row. Its form is nobody's business. */
export function writeCursor(kind: CursorKind, { id, at }: Place): string {
  const bytes = Buffer.alloc(kindLength + instantLength + idLength)
  bytes.writeUInt8(kinds[kind])
  bytes.writeDoubleBE(at.getTime(), kindLength)
  bytes.write(id.replaceAll('-', ''), kindLength + instantLength, 'hex')
  return bytes.toString('base64url')
}

/**
 * The row that a cursor stands behind.
 *
 * @throws AppError `CURSOR_INVALID`.
 */
export function readCursor(kind: CursorKind, cursor: string): Place {
  const bytes = Buffer.from(cursor, 'base64url')
  const isOurs = bytes.length === kindLength + instantLength + idLength && bytes[0] === kinds[kind]
  if (!isOurs || bytes.toString('base64url') !== cursor) throw new AppError('CURSOR_INVALID')
  const at = new Date(bytes.readDoubleBE(kindLength))
  if (Number.isNaN(at.getTime()) || at.getTime() < 0) throw new AppError('CURSOR_INVALID')
  const hex = bytes.toString('hex', kindLength + instantLength)
  return { at, id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') }
}
