'use client'

import { useMutation, useQuery } from '@tanstack/react-query'
import { useTasklane, useTasklaneClient } from '@tasklane/client/react'
import { Button } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import { notify, notifyFailure } from '../parts/notify.ts'
import { useAppSession } from '../session/app-session.tsx'
import styles from './account.module.css'
import { agentName } from './agent-name.ts'
import { InstantText } from './instant-text.tsx'
import { Section } from './section.tsx'

export function SessionsSection() {
  const api = useTasklane()
  const { end } = useAppSession()
  const client = useTasklaneClient()
  const { data, error } = useQuery(api.sessions.list.queryOptions(undefined, { staleTime: 0 }))
  const revoke = useMutation(
    api.sessions.revoke.mutationOptions({
      onSuccess: () => notify({ text: 'That session is over' }),
      onError: notifyFailure,
    }),
  )
  const leaveAll = useMutation({
    mutationFn: () => end(() => client.auth.logOutEverywhere.mutate()),
    onError: notifyFailure,
  })
  return (
    <Section title="Sessions" text="Where you are signed in.">
      {error && <Notice kind="error">{error.message}</Notice>}
      <ul className={styles.list}>
        {data?.sessions.map(({ id, userAgent, ipAddress, lastUsedAt, isCurrent }) => (
          <li key={id}>
            <div>
              {agentName(userAgent)}
              {isCurrent && <span className={styles.badge}>This one</span>}
              <p className={styles.meta}>
                {ipAddress ?? 'Unknown address'}, last used <InstantText at={lastUsedAt} />
              </p>
            </div>
            {!isCurrent && (
              <Button
                look="danger"
                disabled={revoke.isPending}
                aria-label={`End the session of ${agentName(userAgent)}`}
                onClick={() => revoke.mutate({ id })}
              >
                End
              </Button>
            )}
          </li>
        ))}
      </ul>
      <div>
        <Button look="danger" disabled={leaveAll.isPending} onClick={() => leaveAll.mutate()}>
          Sign out everywhere
        </Button>
      </div>
    </Section>
  )
}
