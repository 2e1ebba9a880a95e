'use client'

import { useQuery } from '@tanstack/react-query'
import { useTasklane } from '@tasklane/client/react'
import { Button } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import { TaskSkeleton } from '../tasks/task-states.tsx'
import { DataSection } from './data-section.tsx'
import { EmailSection } from './email-section.tsx'
import { EventsSection } from './events-section.tsx'
import { PasswordSection } from './password-section.tsx'
import { ProfileSection } from './profile-section.tsx'
import { SessionsSection } from './sessions-section.tsx'
import { TokensSection } from './tokens-section.tsx'

/** Everything that a user can see and change of the account. */
export function AccountSections() {
  const { data: user, error, refetch } = useQuery(useTasklane().auth.me.queryOptions())
  if (error && !user)
    return (
      <>
        <Notice kind="error">{error.message}</Notice>
        <p>
          <Button onClick={() => void refetch()}>Try again</Button>
        </p>
      </>
    )
  if (!user) return <TaskSkeleton />
  return (
    <>
      <ProfileSection user={user} />
      <EmailSection user={user} />
      <PasswordSection />
      <SessionsSection />
      <TokensSection />
      <EventsSection />
      <DataSection />
    </>
  )
}
