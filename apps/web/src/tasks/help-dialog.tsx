'use client'

import { Button } from '../parts/button.tsx'
import controls from '../parts/controls.module.css'
import { Dialog, DialogActions } from '../parts/dialog.tsx'
import styles from './help-dialog.module.css'

/** What each key does, as the help tells it. */
const shortcuts = [
  { keys: ['n'], does: 'New task' },
  { keys: ['/'], does: 'Search' },
  { keys: ['j', 'k'], does: 'Next task, previous task' },
  { keys: ['Space', 'Enter'], does: 'Complete or reopen' },
  { keys: ['e'], does: 'Edit' },
  { keys: ['x'], does: 'Select' },
  { keys: ['a'], does: 'Select all that are loaded' },
  { keys: ['#'], does: 'Move to the trash' },
  { keys: ['Esc'], does: 'Clear the selection, or leave an edit' },
  { keys: ['1', '…', '5'], does: 'Another view' },
  { keys: ['?'], does: 'This help' },
] as const

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className={styles.list}>
        {shortcuts.map(({ keys, does }) => (
          <div key={does} className={styles.row}>
            <dt>{does}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key} className={controls.kbd}>
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <p className={controls.hint}>
        In the line of a new task: <kbd className={controls.kbd}>#tag</kbd>{' '}
        <kbd className={controls.kbd}>!high</kbd> <kbd className={controls.kbd}>@tomorrow</kbd>
      </p>
      <DialogActions>
        <Button look="primary" onClick={onClose}>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  )
}
