import { type Span, textOf } from './spans.ts'
import { pad, shorten, widthOf } from './text-width.ts'

export interface Column {
  name: string
  isNumber?: boolean
  /** Gives way where a terminal is narrow, to this many columns. */
  widthMin?: number
  /** Is left out where a terminal is still too narrow. */
  isOptional?: boolean
}

export interface Row {
  /** One for each column. */
  cells: Span[]
  /** A line of its own below them. */
  below?: Span[] | undefined
}

export interface Table {
  columns: Column[]
  rows: Row[]
}

interface Place {
  column: Column
  index: number
  width: number
}

const gap = 2

/** The lines of a table, no wider than a terminal. `undefined` is a pipe, which is as wide as it has to be. */
export function layOut({ columns, rows }: Table, width: number | undefined): Span[][] {
  const places = columns.map((column, index) => {
    const widths = rows.map(({ cells }) => widthOf(textOf(cells[index] ?? '')))
    return { column, index, width: Math.max(widthOf(column.name), ...widths), isEmpty: !widths.some(Boolean) }
  })
  const shown = fit(
    places.filter(({ column, isEmpty }) => !(column.isOptional && isEmpty)),
    width,
  )
  const header = lineOf(
    shown,
    columns.map(({ name }) => ({ text: name, style: 'dim' })),
  )
  return [
    header,
    ...rows.flatMap(({ cells, below }) => [
      lineOf(shown, cells),
      ...(below ? [clip(['    ', ...below], width)] : []),
    ]),
  ]
}

function clip(spans: Span[], width = Number.POSITIVE_INFINITY): Span[] {
  let left = width
  return spans.map((span) => {
    const text = shorten(textOf(span), left)
    left -= widthOf(text)
    return typeof span === 'string' ? text : { ...span, text }
  })
}

function fit(places: Place[], width: number | undefined): Place[] {
  const total = places.reduce((sum, place) => sum + place.width, gap * (places.length - 1))
  const excess = width === undefined ? 0 : total - width
  if (excess <= 0) return places
  const elastic = places.find(({ column }) => column.widthMin !== undefined)
  const slack = elastic ? elastic.width - (elastic.column.widthMin ?? 0) : 0
  const dropped = places.findLast(({ column }) => column.isOptional)
  if (slack < excess && dropped) {
    const left = places.filter((place) => place !== dropped)
    return fit(left, width)
  }
  const shrunk = Math.max(0, Math.min(slack, excess))
  return places.map((place) => (place === elastic ? { ...place, width: place.width - shrunk } : place))
}

function lineOf(places: Place[], cells: Span[]): Span[] {
  const spans = places.flatMap(({ column, index, width }, place) => {
    const cell = cells[index] ?? ''
    const isLast = place === places.length - 1
    const short = shorten(textOf(cell), width)
    const text = isLast && !column.isNumber ? short : pad(short, { width, toRight: column.isNumber === true })
    const span = typeof cell === 'string' ? text : { ...cell, text }
    return isLast ? [span] : [span, ' '.repeat(gap)]
  })
  const last = spans.findLastIndex((span) => textOf(span).trim() !== '')
  return spans.slice(0, last + 1).map((span, place) => (place === last ? trimmed(span) : span))
}

function trimmed(span: Span): Span {
  return typeof span === 'string' ? span.trimEnd() : { ...span, text: span.text.trimEnd() }
}
