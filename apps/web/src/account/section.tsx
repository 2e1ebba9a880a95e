import { type ReactNode, useId } from 'react'
import styles from './account.module.css'

interface Props {
  title: string
  /** What it is for, in a sentence. */
  text?: string
  children: ReactNode
}

/** One part of the account. */
export function Section({ title, text, children }: Props) {
  const id = useId()
  return (
    <section className={styles.section} aria-labelledby={id}>
      <div>
        <h2 id={id} className={styles.heading}>
          {title}
        </h2>
        {text && <p className={styles.text}>{text}</p>}
      </div>
      <div className={styles.body}>{children}</div>
    </section>
  )
}
