'use client'

import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { TaskRowsProps } from './task-rows.ts'

const rowHeight = 45
const overscan = 8

/** As many rows as are seen, of however many. */
export function VirtualRows({ count, keyOf, render, onShown, onReady }: TaskRowsProps) {
  const box = useRef<HTMLDivElement>(null)
  const [margin, setMargin] = useState(0)
  const rows = useWindowVirtualizer({
    count,
    estimateSize: () => rowHeight,
    getItemKey: keyOf,
    overscan,
    scrollMargin: margin,
    useFlushSync: false,
  })
  const items = rows.getVirtualItems()
  const lastIndex = items.at(-1)?.index ?? -1
  useLayoutEffect(() => setMargin(box.current?.offsetTop ?? 0), [])
  useEffect(() => onShown(lastIndex), [onShown, lastIndex])
  useEffect(() => onReady((index) => rows.scrollToIndex(index, { align: 'auto' })), [onReady, rows])
  const paddingTop = (items[0]?.start ?? margin) - margin
  const paddingBottom = rows.getTotalSize() + margin - (items.at(-1)?.end ?? margin)
  return (
    <div ref={box} role="presentation" style={{ paddingTop, paddingBottom }}>
      {items.map(({ index }) => render(index, rows.measureElement))}
    </div>
  )
}
