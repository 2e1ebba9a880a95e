import styles from '../sign-in/gate.module.css'
import { CheckIcon } from './icons.tsx'

export function Brand() {
  return (
    <span className={styles.brand}>
      <span className={styles.mark}>
        <CheckIcon />
      </span>
      Tasklane
    </span>
  )
}
