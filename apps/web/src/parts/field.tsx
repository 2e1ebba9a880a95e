'use client'

import { type ComponentProps, useId } from 'react'
import styles from './controls.module.css'

export interface FieldProps extends ComponentProps<'input'> {
  label: string
  hint?: string
  /** Why the value was refused. */
  error?: string | undefined
}

/** An input with its label, and with what is wrong about it. */
export function Field({ label, hint, error, id: given, ...props }: FieldProps) {
  const made = useId()
  const id = given ?? made
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className={styles.input}
        aria-invalid={error !== undefined}
        aria-describedby={described || undefined}
        {...props}
      />
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
    </div>
  )
}
