import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import { readPageSession } from '@tasklane/client/next'
import { createQueryClient, createTasklaneApi } from '@tasklane/client/react'
import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { AccountScreen } from '../../account/account-screen.tsx'
import { clientOf } from '../../tasklane-server.ts'

export const metadata: Metadata = { title: 'Account' }

export default async function AccountPage() {
  const sent = await headers()
  const session = readPageSession(sent)
  if (!session) return <AccountScreen />
  const client = await clientOf(session, sent)
  const queryClient = createQueryClient({ defaultOptions: { queries: { retry: false } } })
  await queryClient.prefetchQuery(createTasklaneApi(client, queryClient).auth.me.queryOptions())
  return (
    <HydrationBoundary state={dehydrate(queryClient)}>
      <AccountScreen />
    </HydrationBoundary>
  )
}
