'use client'

import { createClient, type Session, tabStore } from '@tasklane/client'
import { createQueryClient, forgetUser, TasklaneProvider } from '@tasklane/client/react'
import { usePathname, useRouter } from 'next/navigation'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { Toaster } from '../parts/toaster.tsx'

interface AppSession {
  /** Who is signed in, if anybody. */
  userId: string | undefined
  /** Ends the session here and in every other tab. */
  leave(): Promise<void>
  /** Goes to the sign-in without a word once the session is over: its user has ended it. */
  expectEnd(): void
  /** Goes to the sign-in if nobody is signed in, and it is not on its way there already. */
  requireUser(): void
}

const Context = createContext<AppSession | undefined>(undefined)

export function useAppSession(): AppSession {
  const session = useContext(Context)
  if (!session) throw new Error('There is no AppSessionProvider around this')
  return session
}

interface Props {
  /** Of whoever asked for the page. */
  session: Session | undefined
  children: ReactNode
}

/** One client for all pages, and who is signed in. It starts with the session that the page came with. */
export function AppSessionProvider({ session, children }: Props) {
  const [userId, setUserId] = useState(session?.userId)
  const onUserChange = useRef((_userId: string | undefined) => {})
  const isExpected = useRef(false)
  const isGone = useRef(false)
  const router = useRouter()
  const pathname = usePathname()
  const [{ client, queryClient }] = useState(() => ({
    queryClient: createQueryClient(),
    client: createClient({
      url: typeof window === 'undefined' ? 'http://localhost' : window.location.origin,
      session: tabStore({ session }),
      onUserChange: (next) => onUserChange.current(next),
    }),
  }))

  useEffect(() => {
    onUserChange.current = (next) => {
      forgetUser(queryClient)
      isGone.current = next === undefined
      setUserId(next)
      if (next === undefined) router.replace(isExpected.current ? '/sign-in' : '/sign-in?ended')
      else if (pathname === '/sign-in' || pathname === '/sign-up') router.replace('/')
      isExpected.current = false
    }
  }, [queryClient, router, pathname])

  const value = useMemo(() => {
    const expectEnd = () => {
      isExpected.current = true
    }
    const leave = async () => {
      expectEnd()
      await client.auth.logOut.mutate()
    }
    const requireUser = () => {
      if (userId === undefined && !isGone.current) router.replace('/sign-in')
    }
    return { userId, leave, expectEnd, requireUser }
  }, [client, userId, router])

  return (
    <Context value={value}>
      <TasklaneProvider client={client} queryClient={queryClient}>
        {children}
        <Toaster />
      </TasklaneProvider>
    </Context>
  )
}
