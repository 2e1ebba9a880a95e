import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { instantValue, readCursor, writeCursor } from './cursor.ts'
import { AppError } from './errors.ts'

const id = '0190a6a2-0000-7000-8000-000000000001'
const anyText = z.string()

/** The place, or why there is none. */
function read<Value = string>({
  cursor,
  list = 'tasks',
  value = anyText as never,
}: {
  cursor: string
  list?: string
  value?: z.ZodType<Value>
}) {
  try {
    return readCursor({ list, cursor, value })
  } catch (error) {
    return error instanceof AppError ? error.reason : error
  }
}

describe('a cursor', () => {
  it('gives back any text, with whatever is in it', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 500 }).filter((text) => text.isWellFormed())
    fc.assert(
      fc.property(texts, fc.string(), fc.uuid(), (value, list, id) => {
        const cursor = writeCursor(list, { value, id })
        expect(read({ cursor, list })).toEqual({ value, id })
      }),
      { seed: 20_260_131 },
    )
    for (const value of ['', '"', '#', '\n', '\0', '\ufeff', '\u2028', `#${id}`, '🦆', '$&']) {
      expect(read({ cursor: writeCursor('tasks', { value, id }) })).toEqual({ value, id })
    }
  })

  it('gives back any number', () => {
    const numbers = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => !Object.is(value, -0))
    fc.assert(
      fc.property(numbers, (value) => {
        const cursor = writeCursor('tasks', { value, id })
        expect(read({ cursor, value: z.number() })).toEqual({ value, id })
      }),
      { seed: 20_260_131 },
    )
  })

  it('is written in the letters of a URL, and of a title of 500 characters in fewer than 2800', () => {
    for (const value of ['🦆'.repeat(500), '\u0001'.repeat(500), '"'.repeat(500)]) {
      const cursor = writeCursor('tasks', { value, id })
      expect(cursor).toMatch(/^[\w-]+$/)
      expect(cursor.length).toBeLessThan(2800)
      expect(read({ cursor })).toEqual({ value, id })
    }
  })

  it('is refused by another list', () => {
    const cursor = writeCursor('tasks', { value: 'x', id })
    for (const list of ['', 'task', 'tasks ', 'Tasks', 'events']) {
      expect(read({ cursor, list })).toBe('CURSOR_INVALID')
    }
  })

  it('is refused by a list that is sorted by something else', () => {
    const text = writeCursor('tasks', { value: '7', id })
    const number = writeCursor('tasks', { value: 7, id })
    expect(read({ cursor: text, value: z.number() })).toBe('CURSOR_INVALID')
    expect(read({ cursor: number })).toBe('CURSOR_INVALID')
    expect(read({ cursor: text, value: z.literal('8') })).toBe('CURSOR_INVALID')
    expect(read({ cursor: number, value: z.number() })).toEqual({ value: 7, id })
  })

  it('is refused in any other form of base64, though it says the same', () => {
    const cursor = writeCursor('tasks', { value: '???>>>x', id })
    expect(cursor).toMatch(/[-_]/)
    expect(cursor.length % 4).toBe(2)
    const others = [
      `${cursor}==`,
      cursor.replaceAll('-', '+').replaceAll('_', '/'),
      ` ${cursor}`,
      `${cursor}\n`,
      `${cursor.slice(0, 4)} ${cursor.slice(4)}`,
      `${cursor.slice(0, 4)}*${cursor.slice(4)}`,
      // The last letter has bits that no byte needs.
      `${cursor.slice(0, -1)}${String.fromCharCode(cursor.charCodeAt(cursor.length - 1) + 1)}`,
    ]
    for (const other of others) {
      expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(cursor, 'base64url'))
      expect(read({ cursor: other }), other).toBe('CURSOR_INVALID')
    }
  })

  it('is refused when a piece of it is missing', () => {
    const cursor = writeCursor('tasks', { value: 'a title that is long enough to lose some of it', id })
    for (let length = 0; length < cursor.length; length++) {
      expect(read({ cursor: cursor.slice(0, length) })).toBe('CURSOR_INVALID')
      expect(read({ cursor: cursor.slice(cursor.length - length) })).toBe('CURSOR_INVALID')
    }
  })

  it('is refused when its id is none', () => {
    for (const other of ['', 'x', id.slice(1), `${id} `, id.replace('7000', '700g'), 'x'.repeat(36)]) {
      expect(read({ cursor: writeCursor('tasks', { value: 'x', id: other }), value: z.literal('x') })).toBe(
        'CURSOR_INVALID',
      )
    }
  })
})

it('takes for an instant what PostgreSQL can read as one, in milliseconds', () => {
  const isInstant = (value: unknown) => instantValue.safeParse(value).success
  for (const value of ['0001-01-01T00:00:00.000Z', '2026-01-31T12:00:00.123Z', '9999-12-31T23:59:59.999Z']) {
    expect(isInstant(value), value).toBe(true)
  }
  for (const value of [
    '0000-12-31T23:59:59.999Z',
    '2026-02-30T00:00:00.000Z',
    '2026-01-31T24:00:00.000Z',
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00.123456Z',
    '2026-01-31T12:00:00.123+01:00',
    '2026-01-31',
    'infinity',
    'now',
    '',
    0,
  ]) {
    expect(isInstant(value), String(value)).toBe(false)
  }
})
