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
  /** For a call that ends the session: the sign-in then says nothing but `said`. */
  end<Answer>(call: () => Promise<Answer>, said?: 'deleted'): Promise<Answer>
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
  const [next, setNext] = useState<string>()
  const onUserChange = useRef((_userId: string | undefined) => {})
  const expected = useRef<string>(undefined)
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
    onUserChange.current = (changed) => {
      forgetUser(queryClient)
      setUserId(changed)
      if (changed === undefined) setNext(expected.current ?? '/sign-in?ended')
      else if (userId !== undefined) setNext(pathname)
      else if (pathname === '/sign-in' || pathname === '/sign-up') router.replace('/')
    }
  }, [queryClient, router, pathname, userId])

  // A document of its own for whoever comes next: Next.js keeps the pages that were visited, with their data.
  useEffect(() => {
    if (next !== undefined) window.location.replace(next)
  }, [next])
  useEffect(() => {
    const onShow = ({ persisted }: PageTransitionEvent) => persisted && window.location.reload()
    window.addEventListener('pageshow', onShow)
    return () => window.removeEventListener('pageshow', onShow)
  }, [])

  const value = useMemo(() => {
    async function end<Answer>(call: () => Promise<Answer>, said?: string): Promise<Answer> {
      expected.current = said === undefined ? '/sign-in' : `/sign-in?${said}`
      try {
        return await call()
      } finally {
        expected.current = undefined
      }
    }
    const isLeaving = next !== undefined
    return {
      userId: isLeaving ? undefined : userId,
      end,
      leave: async () => void (await end(() => client.auth.logOut.mutate())),
      requireUser: () => {
        if (userId === undefined && !isLeaving) router.replace('/sign-in')
      },
    }
  }, [client, userId, router, next])

  return (
    <Context value={value}>
      <TasklaneProvider client={client} queryClient={queryClient}>
        {children}
        <Toaster />
      </TasklaneProvider>
    </Context>
  )
}
