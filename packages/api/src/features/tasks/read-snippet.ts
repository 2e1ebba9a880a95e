import type { SnippetPart } from './contract.ts'
import { snippetMarks } from './list-queries.ts'

/** A marked text in its parts. */
export function readSnippet(marked: string): SnippetPart[] {
  const { start, stop } = snippetMarks
  return marked.split(start).flatMap((piece, index) => {
    const [match = '', rest] = index === 0 ? ['', piece] : piece.split(stop, 2)
    return [
      ...(match === '' ? [] : [{ text: match, isMatch: true }]),
      ...(rest === undefined || rest === '' ? [] : [{ text: rest, isMatch: false }]),
    ]
  })
}
