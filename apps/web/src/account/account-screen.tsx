'use client'

import { whenShown } from '../parts/lazy.tsx'
import { Shell } from '../shell/shell.tsx'
import styles from './account.module.css'

const Sections = whenShown(async () => (await import('./account-sections.tsx')).AccountSections)

export function AccountScreen() {
  return (
    <Shell>
      <h1 className={styles.title}>Account</h1>
      <Sections />
    </Shell>
  )
}
