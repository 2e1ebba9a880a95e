import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** How many columns a text takes. */
export const widthOf = (text: string): number => stringWidth(text)

/** A text in no more columns than these. What is cut off is told by an ellipsis. */
export function shorten(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment)
    if (used > width - 1) break
    kept += segment
  }
  return width > 0 ? `${kept}…` : ''
}

export function pad(text: string, { width, toRight }: { width: number; toRight: boolean }): string {
  const spaces = ' '.repeat(Math.max(0, width - widthOf(text)))
  return toRight ? spaces + text : text + spaces
}
