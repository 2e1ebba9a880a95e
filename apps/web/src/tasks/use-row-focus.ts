import type { ListedTask } from '@tasklane/client'
import { useEffect, useRef, useState } from 'react'

/** Which row is the keyboard's, by its task. */
export interface RowFocus {
  activeId: string | undefined
  activate(id: string): void
  /** Moves the focus by so many rows. */
  move(steps: number): void
  /** Moves the focus to where it was, after something else had it. */
  resume(): void
}

const rowOf = (id: string | undefined) => document.querySelector<HTMLElement>(`[data-task="${id}"]`)

/** Keeps one row active: where its task goes away while it has the focus, the row that takes its place. */
export function useRowFocus(tasks: readonly ListedTask[], show: (index: number) => void): RowFocus {
  const [activeId, setActiveId] = useState<string>()
  const isWanted = useRef(false)
  const lastIndex = useRef(0)
  const found = tasks.findIndex(({ id }) => id === activeId)
  const index = found >= 0 ? found : Math.min(lastIndex.current, tasks.length - 1)
  const shownId = tasks[index]?.id

  useEffect(() => {
    lastIndex.current = Math.max(index, 0)
    if (activeId !== undefined && found < 0) {
      setActiveId(shownId)
      // Its row is gone, and the focus with it.
      isWanted.current ||= document.activeElement === document.body
    }
    const row = isWanted.current ? rowOf(shownId) : null
    if (!row) return
    isWanted.current = false
    row.focus()
  })

  const focus = (next: number) => {
    const task = tasks[next]
    if (!task) return
    show(next)
    setActiveId(task.id)
    isWanted.current = true
    rowOf(task.id)?.focus()
  }
  return {
    activeId: shownId,
    activate: setActiveId,
    move: (steps) => {
      const isInside = document.activeElement?.closest('[data-task]') != null
      focus(isInside ? Math.max(0, Math.min(tasks.length - 1, index + steps)) : index)
    },
    resume: () => focus(index),
  }
}
