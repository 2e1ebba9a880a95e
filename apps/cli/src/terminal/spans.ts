import { styleText } from 'node:util'
import { printable } from './printable.ts'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

/** A piece of a line. What it says is never taken for a command to the terminal. */
export type Span = string | { text: string; style: Style | Style[] }

export const textOf = (span: Span): string => printable(typeof span === 'string' ? span : span.text)

/** A line as a terminal gets it. */
export function render(spans: readonly Span[], isColored: boolean): string {
  return spans
    .map((span) => {
      const text = textOf(span)
      if (typeof span === 'string' || !isColored || text === '') return text
      return styleText(span.style, text, { validateStream: false })
    })
    .join('')
}
