'use client'

import { useLiveTasks } from '@tasklane/client/react'
import { type ReactNode, useEffect, useState } from 'react'
import { Notice } from '../parts/notice.tsx'
import { useAppSession } from '../session/app-session.tsx'
import { TaskSkeleton } from '../tasks/task-states.tsx'
import { ConnectionBanner } from './connection-banner.tsx'
import { Navigation } from './navigation.tsx'
import styles from './shell.module.css'

interface Props {
  /** Where the feed stood when the page was rendered with tasks. */
  since?: number | undefined
  children: ReactNode
}

/** What is around every page of a signed-in user. It follows their tasks, and knows when the session is over. */
export function Shell({ since, children }: Props) {
  const { userId, requireUser } = useAppSession()
  const isSignedIn = userId !== undefined
  const [isOutdated, setOutdated] = useState(false)
  useLiveTasks({ since, isEnabled: isSignedIn, onFailure: () => setOutdated(true) })
  useEffect(requireUser, [requireUser])

  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <Navigation />
      <main id="content" className={styles.main} tabIndex={-1}>
        <ConnectionBanner />
        {isOutdated && <Notice>What is changed elsewhere does not come in any more. Reload the page.</Notice>}
        {isSignedIn ? children : <TaskSkeleton />}
      </main>
    </div>
  )
}
