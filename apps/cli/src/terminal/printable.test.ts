import { expect, it } from 'vitest'
import { rawCommandsIn } from '../fixtures/raw-commands.ts'
import { printable, printableJson } from './printable.ts'
import { render } from './spans.ts'

const hostile =
  '\u001b]0;owned\u0007\u001b[2J\u009b31m\u0000\r\n\u202eabc\u2066\u2028\ufeff\u{e0041}\u007f\ud800'

it('leaves nothing in a text that a terminal obeys', () => {
  expect(rawCommandsIn(hostile)).toHaveLength(13)
  expect(rawCommandsIn(printable(hostile))).toEqual([])
  expect(printable('\u001b[31m')).toBe('\\u{1b}[31m')
})

it('leaves writing as it is: accents, joined emoji, Persian, Chinese', () => {
  const text = 'Ça e\u0301 \u{1F469}\u200D\u{1F680} می\u200cخواهم 牛乳'
  expect(printable(text)).toBe(text)
})

it('makes JSON printable that means the same', () => {
  const value = { title: hostile, other: ['a\n\u{1F680}'] }
  for (const indent of [0, 2]) {
    const json = printableJson(JSON.stringify(value, undefined, indent))
    expect(rawCommandsIn(json)).toEqual([])
    expect(JSON.parse(json)).toEqual(value)
  }
})

it('colours a text only after it was made printable, and only where colours are wanted', () => {
  const spans = ['a', { text: '\u001b[0m!', style: 'red' }] as const
  expect(render(spans, true)).toBe('a\u001b[31m\\u{1b}[0m!\u001b[39m')
  expect(render(spans, false)).toBe('a\\u{1b}[0m!')
})
