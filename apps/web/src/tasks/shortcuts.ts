import { useEffect, useRef } from 'react'

export type Keys = Readonly<Record<string, (() => void) | undefined>>

/** Calls what belongs to a key, unless it is typed into something or a dialog is open. */
export function useShortcuts(keys: Keys): void {
  const current = useRef(keys)
  useEffect(() => {
    current.current = keys
  })
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return
      if (isTaken(event)) return
      const call = current.current[event.key]
      if (!call) return
      event.preventDefault()
      call()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])
}

/** Whether what has the focus does something else with the key. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.closest('[role="dialog"], [role="alertdialog"], [role="menu"]')) return true
  if (target.matches('textarea, select, input:not([type="checkbox"])')) return true
  return (key === ' ' || key === 'Enter') && target.matches('button, a, input')
}
