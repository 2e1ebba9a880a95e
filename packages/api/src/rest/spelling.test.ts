import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeProcedures } from '../describe-procedures.ts'
import type { JsonSchema } from '../json-form.ts'
import {
  fromSnakeCase,
  nameFromSnakeCase,
  schemaInSnakeCase,
  snakeCase,
  snakeSpelling,
  takesNames,
  toSnakeCase,
} from './spelling.ts'

const { procedures, definitions } = describeProcedures()

/** Every name of a field that a contract has, wherever it stands. */
function fieldsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(fieldsOf)
  return Object.entries(value).flatMap(([keyword, each]) => [
    ...(keyword === 'properties' ? Object.keys(each as object) : []),
    ...fieldsOf(each),
  ])
}

const fields = [...new Set(fieldsOf([procedures, definitions]))]

/** The name under which the contract sees what the caller called so. */
const received = (name: string) => Object.keys(fromSnakeCase({ [name]: 1 }) as object)[0] ?? ''

describe('a name of the contracts', () => {
  it('comes back from snake_case as it was, and from nothing else', () => {
    expect(fields.length).toBeGreaterThan(50)
    expect(fields).toEqual(expect.arrayContaining(['dueDate', 'usernameOrEmail', 'expectedVersion']))
    for (const field of fields) {
      expect(snakeCase(field)).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(received(snakeCase(field))).toBe(field)
      expect(snakeSpelling.name(field)).toBe(snakeCase(field))
    }
  })

  it('is no other in snake_case', () => {
    expect(new Set(fields.map(snakeCase)).size).toBe(fields.length)
  })

  it('comes back whatever it is, if it is in camelCase', () => {
    const camelCase = fc.stringMatching(/^[a-z][A-Za-z0-9]{0,20}$/)
    fc.assert(
      fc.property(camelCase, (name) => {
        expect(received(snakeCase(name))).toBe(name)
      }),
    )
  })
})

/** Any UTF-16 code units at all. */
const anyName = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat(0xffff), { maxLength: 10 }).map((units) => String.fromCharCode(...units)),
  fc.stringMatching(/^[#_a-zA-Z1]{0,8}$/),
)

describe('a name that is not in snake_case', () => {
  it.each([
    '#x',
    '##x',
    '#dueDate',
    '#due_date',
    '__x',
    '_',
    'dueDate',
    'due_Date',
    'DueDate',
    'Due_date',
    'due__date',
    '_due_date',
    'due_date_',
    '',
    ' due_date',
    '\ud800',
    'due_\udc00date',
    'ﬁeld',
    'constructor',
    'hasOwnProperty',
  ])('is none of the contracts and is refused by itself: %j', (name) => {
    expect(fields).not.toContain(received(name))
    expect(snakeSpelling.name(received(name))).toBe(name)
  })

  it('is refused by itself, whatever it is, and never taken for another', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(snakeSpelling.name(received(name))).toBe(name)
        expect(fields.includes(received(name))).toBe(fields.map(snakeCase).includes(name))
      }),
      { numRuns: 2000 },
    )
  })

  it('is two names where two were sent', () => {
    fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        fc.pre(one !== other)
        expect(received(one)).not.toBe(received(other))
      }),
    )
  })
})

describe('values', () => {
  it('are sent and answered as they are, in lists and objects too', () => {
    const sent = { due_date: 'due_date', operations: [{ input: { tags: ['a_b', null, 1] } }, 'x_y'] }
    const contract = { dueDate: 'due_date', operations: [{ input: { tags: ['a_b', null, 1] } }, 'x_y'] }
    expect(fromSnakeCase(sent)).toEqual(contract)
    expect(toSnakeCase(contract)).toEqual(sent)
    for (const plain of [null, 'dueDate', 7, true, []]) {
      expect(fromSnakeCase(plain)).toEqual(plain)
      expect(toSnakeCase(plain)).toEqual(plain)
    }
  })

  it('that are instants are answered as text', () => {
    expect(toSnakeCase({ dueAt: [new Date(0)] })).toEqual({ due_at: ['1970-01-01T00:00:00.000Z'] })
  })

  it('that name fields are taken in snake_case, and in nothing else', () => {
    expect(nameFromSnakeCase('due_date')).toBe('dueDate')
    expect(nameFromSnakeCase('title')).toBe('title')
    expect(nameFromSnakeCase('dueDate')).toBe('#dueDate')
    expect(nameFromSnakeCase(7)).toBe(7)
    expect(takesNames({ enum: ['createdAt', 'title'] })).toBe(true)
    expect(takesNames({ enum: ['asc', 'desc'] })).toBe(false)
    expect(takesNames(undefined)).toBe(false)
  })
})

describe('a refusal', () => {
  it('names fields in its text as the caller does, and leaves the rest', () => {
    const message = 'Invalid option: expected one of "createdAt"|"title", not "A title" or dueDate'
    expect(snakeSpelling.text(message)).toBe(
      'Invalid option: expected one of "created_at"|"title", not "A title" or dueDate',
    )
  })
})

describe('a schema', () => {
  it('has the names of the REST door wherever it names fields', () => {
    const schema: JsonSchema = {
      type: 'object',
      required: ['dueDate'],
      properties: {
        dueDate: { type: 'string', description: 'Goes before `updatedSince`.', examples: ['2026-12-24'] },
        sort: { enum: ['createdAt', 'title', null] },
        each: { type: 'array', items: { anyOf: [{ properties: { isMatch: { type: 'boolean' } } }] } },
        whole: { type: 'object', default: { dueDate: null } },
      },
    }
    expect(schemaInSnakeCase(schema)).toEqual({
      type: 'object',
      required: ['due_date'],
      properties: {
        due_date: { type: 'string', description: 'Goes before `updated_since`.', examples: ['2026-12-24'] },
        sort: { enum: ['created_at', 'title', null] },
        each: { type: 'array', items: { anyOf: [{ properties: { is_match: { type: 'boolean' } } }] } },
        whole: { type: 'object', default: { due_date: null } },
      },
    })
  })
})
