'use client'

import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import styles from './dialog.module.css'

interface DialogProps {
  title: string
  /** What it is about, in a sentence. */
  description?: ReactNode
  /** Absent where one of its buttons has to be chosen. */
  onClose?: (() => void) | undefined
  children: ReactNode
}

/** Something to be read or decided before anything else. Shown while it is rendered. */
export function Dialog({ title, description, onClose, children }: DialogProps) {
  return (
    <Base.Root
      open
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose?.()
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop ?? ''} />
        <Base.Popup className={styles.popup ?? ''} role={onClose ? 'dialog' : 'alertdialog'}>
          <Base.Title className={styles.title ?? ''}>{title}</Base.Title>
          {description && (
            <Base.Description className={styles.description ?? ''}>{description}</Base.Description>
          )}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** The buttons at the end of a dialog. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={styles.actions}>{children}</div>
}
