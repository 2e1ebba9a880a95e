'use client'

import { useInfiniteQuery } from '@tanstack/react-query'
import { useTasklane } from '@tasklane/client/react'
import { Button } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import styles from './account.module.css'
import { agentName } from './agent-name.ts'
import { InstantText } from './instant-text.tsx'
import { Section } from './section.tsx'

const nameOf = (type: string) => type.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase())

export function EventsSection() {
  const api = useTasklane()
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    api.auth.events.infiniteQueryOptions(
      { limit: 10 },
      { getNextPageParam: (last) => last.nextCursor, staleTime: 0 },
    ),
  )
  const events = data?.pages.flatMap((page) => page.events)
  return (
    <Section title="Events" text="What happened at the gate to your account.">
      {error && <Notice kind="error">{error.message}</Notice>}
      <ul className={styles.list}>
        {events?.map(({ id, type, success, count, ipAddress, userAgent, createdAt }) => (
          <li key={id}>
            <div>
              {nameOf(type)}
              {!success && <span className={styles.badge}>Refused{count > 1 && `, ${count} times`}</span>}
              <p className={styles.meta}>
                {agentName(userAgent)}, {ipAddress ?? 'unknown address'}
              </p>
            </div>
            <span className={styles.meta}>
              <InstantText at={createdAt} />
            </span>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <div>
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Section>
  )
}
