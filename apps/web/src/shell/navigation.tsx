'use client'

import { useQuery } from '@tanstack/react-query'
import { useTasklane } from '@tasklane/client/react'
import { usePathname, useRouter } from 'next/navigation'
import type { MouseEvent } from 'react'
import { Brand } from '../parts/brand.tsx'
import { CalendarIcon, CheckIcon, ListIcon, PersonIcon, SunIcon, TrashIcon } from '../parts/icons.tsx'
import { useAppSession } from '../session/app-session.tsx'
import { addressOf, readView, type ViewName, viewNames, viewTitles } from '../tasks/task-view.ts'
import { useCounts, useTaskView } from '../tasks/use-tasks.ts'
import styles from './navigation.module.css'
import { SignOutButton } from './sign-out-button.tsx'
import { ThemeButton } from './theme-button.tsx'

const icons = { open: ListIcon, today: SunIcon, upcoming: CalendarIcon, done: CheckIcon, trash: TrashIcon }

/** The views of tasks, and the account. */
export function Navigation() {
  const pathname = usePathname()
  const { view } = useTaskView()
  const counts = useCounts()
  const { userId } = useAppSession()
  const { data: user } = useQuery(
    useTasklane().auth.me.queryOptions(undefined, { enabled: userId !== undefined }),
  )
  const shown: Partial<Record<ViewName, number>> = counts
    ? { open: counts.open, today: counts.dueToday + counts.overdue, trash: counts.trashed }
    : {}
  const isOnTasks = pathname === '/'
  const router = useRouter()

  /** On the tasks' own page another view is no other page. */
  function follow(event: MouseEvent, address: string): void {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    if (isOnTasks && address !== '/account') window.history.pushState(null, '', address)
    else router.push(address)
  }

  return (
    <nav className={styles.side} aria-label="Tasklane">
      <div className={styles.brand}>
        <Brand />
      </div>
      <ul className={styles.views}>
        {viewNames.map((name) => {
          const Icon = icons[name]
          const address = addressOf(readView((parameter) => (parameter === 'view' ? name : undefined)))
          const isCurrent = isOnTasks && name === view
          return (
            <li key={name}>
              <a
                className={styles.link}
                href={address}
                aria-current={isCurrent ? 'page' : undefined}
                onClick={(event) => follow(event, address)}
              >
                <Icon />
                {viewTitles[name]}
                {shown[name] ? <span className={styles.count}>{shown[name]}</span> : null}
              </a>
            </li>
          )
        })}
      </ul>
      <div className={styles.account}>
        <a
          className={styles.link}
          href="/account"
          onClick={(event) => follow(event, '/account')}
          aria-current={pathname === '/account' ? 'page' : undefined}
        >
          <PersonIcon />
          <span className={styles.name}>{user?.name ?? user?.username ?? user?.email ?? 'Account'}</span>
        </a>
        <ThemeButton />
        <SignOutButton />
      </div>
      <p className={styles.hint}>Press ? for shortcuts</p>
    </nav>
  )
}
