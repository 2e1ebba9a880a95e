import type { ReactNode } from 'react'
import styles from './controls.module.css'

/** A message in its place. Screen readers read it when it comes. */
export function Notice({ kind = 'info', children }: { kind?: 'info' | 'error'; children: ReactNode }) {
  return (
    <p className={styles.notice} data-kind={kind} role={kind === 'error' ? 'alert' : 'status'}>
      {children}
    </p>
  )
}
