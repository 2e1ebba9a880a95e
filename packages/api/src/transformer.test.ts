import { describe, expect, it } from 'vitest'
import { MalformedInputError, transformer } from './transformer.ts'

const { deserialize, serialize } = transformer.input

describe('an input', () => {
  it('comes back as it was sent, dates and all', () => {
    const value = { at: new Date(0), list: [1, null, 'x'], nested: { none: undefined } }
    expect(deserialize(JSON.parse(JSON.stringify(serialize(value))))).toEqual(value)
  })

  it('may be left out, or be an empty object', () => {
    expect(deserialize({})).toBeUndefined()
  })

  it('needs no meta', () => {
    expect(deserialize({ json: { title: 'x' } })).toEqual({ title: 'x' })
  })

  const deep = JSON.parse(`{"json":${'['.repeat(5000)}${']'.repeat(5000)}}`) as object
  it.each([
    ['bare', { title: 'x' }],
    ['a list', [1]],
    ['a text', 'x'],
    ['null', null],
    ['nested deeper than any contract', deep],
    ['annotated with the prototype', { json: { a: 1 }, meta: { values: { '__proto__.x': ['Date'] } } }],
    [
      'annotated with a constructor',
      { json: { a: {} }, meta: { values: { 'constructor.prototype': ['Date'] } } },
    ],
    ['annotated with an unknown class', { json: { a: 1 }, meta: { values: { a: [['class', 'Evil']] } } }],
  ])('is refused when it is %s', (_what, value) => {
    expect(() => deserialize(value)).toThrow(MalformedInputError)
    expect(Object.prototype).not.toHaveProperty('x')
  })
})
