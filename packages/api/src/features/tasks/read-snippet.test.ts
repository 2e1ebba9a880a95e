import { describe, expect, it } from 'vitest'
import { snippetMarks } from './list-queries.ts'
import { readSnippet } from './read-snippet.ts'

const { start, stop } = snippetMarks
const match = (text: string) => ({ text, isMatch: true })
const other = (text: string) => ({ text, isMatch: false })

describe('a marked text', () => {
  it.each([
    ['in the middle', `one ${start}two${stop} three`, [other('one '), match('two'), other(' three')]],
    [
      'at both ends',
      `${start}one${stop} two ${start}three${stop}`,
      [match('one'), other(' two '), match('three')],
    ],
    ['side by side', `${start}one${stop}${start}two${stop}`, [match('one'), match('two')]],
    ['alone', `${start}one${stop}`, [match('one')]],
    ['of several lines', `a\n${start}b\nc${stop}\n`, [other('a\n'), match('b\nc'), other('\n')]],
    ['nowhere', 'one <b>two</b>', [other('one <b>two</b>')]],
  ])('is read in its parts, with matches %s', (_where, marked, parts) => {
    expect(readSnippet(marked)).toEqual(parts)
  })

  it('has no part that is empty', () => {
    expect(readSnippet('')).toEqual([])
    expect(readSnippet(`${start}${stop}`)).toEqual([])
    expect(readSnippet(`${start}one${stop}${start}${stop}`)).toEqual([match('one')])
  })

  it('has no mark in any part', () => {
    const marked = `a ${start}b${stop} c ${start}d${stop}`
    expect(JSON.stringify(readSnippet(marked))).not.toMatch(/[\ufdd0\ufdd1]/)
  })
})
