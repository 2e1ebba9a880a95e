import fc from 'fast-check'
import { serialize } from 'superjson'
import { describe, expect, it } from 'vitest'
import { wire } from './wire.ts'

const { serialize: write } = wire.input
const { deserialize: read } = wire.output

/** What comes out of a server that writes with superjson. */
const travelled = (value: unknown) => read(JSON.parse(JSON.stringify(serialize(value))))

const leaf = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.string(),
  fc.constantFrom('a.b', '\\', '\\.', '.', ''),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
)
const key = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('a.b', 'a\\.b', '\\', '..', '', '0'))
const value = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('array'), tie('object')),
  array: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.dictionary(
    key.filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name)),
    tie('value'),
    { maxKeys: 5, noNullPrototype: true },
  ),
})).value

describe('answers', () => {
  it('come as superjson has written them, whatever their fields are called', () => {
    fc.assert(
      fc.property(value, (sent) => {
        expect(travelled(sent)).toEqual(sent)
      }),
      { numRuns: 1000 },
    )
  })

  it('may hold one date twice', () => {
    const date = new Date('2026-01-02T03:04:05.678Z')
    expect(travelled({ tasks: [{ createdAt: date, updatedAt: date }] })).toEqual({
      tasks: [{ createdAt: date, updatedAt: date }],
    })
  })

  it.each([
    [
      'a kind that this client does not know',
      { json: { a: [] }, meta: { values: { a: ['set'] } } },
      /too old/,
    ],
    ['a field that is not there', { json: {}, meta: { values: { 'a.b': ['Date'] } } }, /not sent/],
    ['what every object has', { json: {}, meta: { values: { '__proto__.x': ['Date'] } } }, /not sent/],
    ['a constructor', { json: {}, meta: { values: { 'constructor.prototype.x': ['Date'] } } }, /not sent/],
  ])('are refused when they annotate %s', (_, sent, message) => {
    expect(() => read(JSON.parse(JSON.stringify(sent)) as never)).toThrow(message)
    expect(Object.prototype).not.toHaveProperty('x')
  })
})

describe('inputs', () => {
  it('travel as JSON, dates as text, and nothing as nothing', () => {
    const at = new Date('2026-01-02T03:04:05.678Z')
    expect(JSON.stringify(write({ at, tags: ['a'], dueDate: null, title: undefined }))).toBe(
      '{"json":{"at":"2026-01-02T03:04:05.678Z","tags":["a"],"dueDate":null}}',
    )
    expect(JSON.stringify(write(undefined))).toBe('{}')
  })

  it('have no date that is none: as JSON it would be null', () => {
    expect(() => write({ operations: [{ expiresAt: new Date('soon') }] })).toThrow(/invalid Date/)
  })
})
