'use client'

import { useEffect, useState } from 'react'
import { usePrepared, whenShown } from './lazy.tsx'
import { whenFirstNotified } from './notify.ts'

const Toasts = whenShown(async () => (await import('./toasts.tsx')).Toasts)

/** Loads what shows notifications when there is the first one. */
export function Toaster() {
  const [isNeeded, setNeeded] = useState(false)
  usePrepared(Toasts)
  useEffect(() => whenFirstNotified(() => setNeeded(true)), [])
  return isNeeded ? <Toasts /> : null
}
