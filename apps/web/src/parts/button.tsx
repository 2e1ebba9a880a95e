import type { ComponentProps } from 'react'
import styles from './controls.module.css'

type Look = 'plain' | 'primary' | 'danger' | 'quiet'

export interface ButtonProps extends ComponentProps<'button'> {
  /** Default `plain`. */
  look?: Look
  /** Whether it shows a sign instead of words, and so has an `aria-label`. */
  isIcon?: boolean
}

export function Button({ look = 'plain', isIcon = false, className, ...props }: ButtonProps) {
  const classes = [styles.button, look !== 'plain' && styles[look], isIcon && styles.icon, className]
  return <button type="button" className={classes.filter(Boolean).join(' ')} {...props} />
}
