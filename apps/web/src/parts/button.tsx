import type { ComponentProps } from 'react'
import styles from './controls.module.css'

type Look = 'plain' | 'primary' | 'danger' | 'quiet'

export interface ButtonProps extends ComponentProps<'button'> {
  /** Default `plain`. */
  look?: Look
  /** Whether it shows a sign instead of words, and so has an `aria-label`. */
  isIcon?: boolean
}

/** The classes of a button, for a link that looks like one. */
function buttonClass(look: Look = 'plain', isIcon = false): string {
  return [styles.button, look !== 'plain' && styles[look], isIcon && styles.icon].filter(Boolean).join(' ')
}

export function Button({ look = 'plain', isIcon = false, className, ...props }: ButtonProps) {
  const classes = [buttonClass(look, isIcon), className].filter(Boolean).join(' ')
  return <button type="button" className={classes} {...props} />
}
