import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './parse-json.ts'

const malformed = expect.objectContaining({ reason: 'INPUT_MALFORMED', httpStatus: 400 })
const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}0${close.repeat(depth)}`

describe('JSON from outside', () => {
  it('is read as it was written, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes('"__proto__":'))
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each(['', ' ', '{', '{"a":1,}', "{'a':1}", 'undefined', 'NaN', '\ufeff{}', '[1] 2', '"\u0001"', '01'])(
    'is refused where it is none: %j',
    (text) => {
      expect(() => parseJson(text)).toThrow(malformed)
    },
  )

  it.each([
    ['objects', '{"a":', '}'],
    ['lists', '[', ']'],
  ])('may nest 32 %s deep, and no deeper', (_what, open, close) => {
    expect(parseJson(nested(32, open, close))).toBeTypeOf('object')
    for (const depth of [34, 1000, 100_000])
      expect(() => parseJson(nested(depth, open, close))).toThrow(malformed)
  })

  it.each(['{"__proto__":1}', '{"a":[{"__proto__":{"isAdmin":true}}]}', '{"\\u005f_proto__":null}'])(
    'refuses a field __proto__, however it is written: %s',
    (text) => {
      expect(() => parseJson(text)).toThrow('"__proto__" cannot be a field')
    },
  )

  it('says in its refusal nothing of what was sent', () => {
    const secret = 'Correct-Horse-1'
    const refusal = () => parseJson(`{"password":"${secret}"`)
    expect(refusal).toThrow(malformed)
    expect(refusal).not.toThrow(secret)
  })
})
