import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSeal } from './seal.ts'

const [key, other] = [randomBytes(32), randomBytes(32)]
const seal = createSeal([key])
const text = 'what was asked for'

describe('a mark', () => {
  it('stands for its text alone', () => {
    expect(seal.isMarkOf(text, seal.mark(text))).toBe(true)
    expect(seal.isMarkOf(`${text}!`, seal.mark(text))).toBe(false)
    expect(seal.isMarkOf(text, seal.mark(text).subarray(0, 31))).toBe(false)
  })

  it('cannot be made by whoever lacks the key, so that no text is found by trying', () => {
    const mark = Buffer.from(seal.mark(text))
    expect(mark).not.toEqual(Buffer.from(createSeal([other]).mark(text)))
    expect(mark).not.toEqual(createHash('sha256').update(text).digest())
  })

  it('is known by each of the keys, and made with the first', () => {
    const changed = createSeal([other, key])
    expect(changed.isMarkOf(text, seal.mark(text))).toBe(true)
    expect(seal.isMarkOf(text, changed.mark(text))).toBe(false)
  })
})
