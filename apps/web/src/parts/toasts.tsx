'use client'

import { Toast } from '@base-ui/react/toast'
import { useEffect, useState } from 'react'
import { Button } from './button.tsx'
import { CrossIcon } from './icons.tsx'
import { showNotifications } from './notify.ts'
import styles from './toasts.module.css'

const shownMilliseconds = 6_000

/** The notifications, over the page. F6 moves to them. */
export function Toasts() {
  const [manager] = useState(() => Toast.createToastManager())
  useEffect(
    () =>
      showNotifications(({ text, undo, kind = 'done' }) => {
        const id = manager.add({
          title: text,
          type: kind,
          priority: kind === 'error' ? 'high' : 'low',
          ...(undo && {
            actionProps: {
              children: 'Undo',
              onClick: () => {
                manager.close(id)
                undo()
              },
            },
          }),
        })
      }),
    [manager],
  )
  return (
    <Toast.Provider toastManager={manager} timeout={shownMilliseconds}>
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport ?? ''}>
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function ToastList() {
  const { toasts } = Toast.useToastManager()
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={styles.toast ?? ''} data-kind={toast.type}>
      <Toast.Content className={styles.content ?? ''}>
        <Toast.Title className={styles.title ?? ''} render={<p />} />
        {toast.actionProps && <Toast.Action render={<Button look="quiet" />} className={styles.undo ?? ''} />}
        <Toast.Close render={<Button look="quiet" isIcon aria-label="Dismiss" />}>
          <CrossIcon />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ))
}
