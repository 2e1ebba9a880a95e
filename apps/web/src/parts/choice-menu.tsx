'use client'

import { Menu } from '@base-ui/react/menu'
import { Button } from './button.tsx'
import styles from './choice-menu.module.css'

interface Props<Value extends string | null> {
  label: string
  choices: readonly { title: string; value: Value }[]
  onChoose: (value: Value) => void
}

/** A button that opens a few choices. */
export function ChoiceMenu<Value extends string | null>({ label, choices, onChoose }: Props<Value>) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger render={<Button />}>{label}</Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className={styles.positioner ?? ''} sideOffset={6} side="top">
          <Menu.Popup className={styles.popup ?? ''}>
            {choices.map(({ title, value }) => (
              <Menu.Item key={title} className={styles.item ?? ''} onClick={() => onChoose(value)}>
                {title}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
