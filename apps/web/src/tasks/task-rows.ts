import type { ReactNode } from 'react'

/** The rows of a list, of which the first are rendered with the page. */
export interface TaskRowsProps {
  count: number
  keyOf(index: number): string
  /** A row, with what tells how high it is. */
  render(index: number, measure: ((element: Element | null) => void) | undefined): ReactNode
  /** Called with the last row that is shown. */
  onShown(lastIndex: number): void
  /** Is given what brings a row into view. */
  onReady(show: (index: number) => void): void
}
