'use client'

import { onlineManager } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { Notice } from '../parts/notice.tsx'
import { useUnsaved } from './use-unsaved.ts'

/** Longer than a server takes that is there. */
const slowMilliseconds = 4_000

/** Says that changes wait, while they do, and keeps the page from being closed over them. */
export function ConnectionBanner() {
  const isOnline = useSyncExternalStore(
    subscribe,
    () => onlineManager.isOnline(),
    () => true,
  )
  const waiting = useUnsaved()
  const isWaiting = waiting > 0
  const [isSlow, setSlow] = useState(false)

  useEffect(() => {
    if (!isWaiting) return setSlow(false)
    const timer = setTimeout(() => setSlow(true), slowMilliseconds)
    return () => clearTimeout(timer)
  }, [isWaiting])

  useEffect(() => {
    if (!isWaiting) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [isWaiting])

  const tasks = `${waiting} ${waiting === 1 ? 'task' : 'tasks'}`
  if (!isOnline)
    return (
      <Notice>
        You are offline. Go on: changes are kept in this window and sent when you are back
        {isWaiting ? ` (${tasks} so far).` : '.'}
      </Notice>
    )
  if (isWaiting && isSlow)
    return <Notice>The server does not answer. Changes of {tasks} wait, and are sent again.</Notice>
  return null
}

const subscribe = (listener: () => void) => onlineManager.subscribe(listener)
