import { useEffect } from 'react'
import type { TaskRowsProps } from './task-rows.ts'

/** How far before the end of the page the last row counts as shown. */
const nearPixels = 1200

/** Every row. */
export function PlainRows({ count, render, onShown, onReady }: TaskRowsProps) {
  useEffect(() => onReady(() => {}), [onReady])
  useEffect(() => {
    const look = () => {
      const left = document.documentElement.scrollHeight - window.scrollY - window.innerHeight
      if (left < nearPixels) onShown(count - 1)
    }
    look()
    window.addEventListener('scroll', look, { passive: true })
    return () => window.removeEventListener('scroll', look)
  }, [count, onShown])
  return Array.from({ length: count }, (_, index) => render(index, undefined))
}
