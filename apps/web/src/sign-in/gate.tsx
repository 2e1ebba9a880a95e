import type { ReactNode } from 'react'
import { Brand } from '../parts/brand.tsx'
import styles from './gate.module.css'

/** A page before the sign-in. */
export function Gate({ title, links, children }: { title: string; links?: ReactNode; children: ReactNode }) {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Brand />
        <h1 className={styles.title}>{title}</h1>
        {children}
        {links && <p className={styles.links}>{links}</p>}
      </div>
    </main>
  )
}
