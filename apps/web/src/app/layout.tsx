import { readPageSession } from '@tasklane/client/next'
import type { Metadata, Viewport } from 'next'
import { cookies, headers } from 'next/headers'
import type { ReactNode } from 'react'
import { AppSessionProvider } from '../session/app-session.tsx'
import './globals.css'

export const metadata: Metadata = {
  title: { default: 'Tasklane', template: '%s · Tasklane' },
  description: 'Your tasks, on every device at once.',
}

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fcfcfa' },
    { media: '(prefers-color-scheme: dark)', color: '#17181a' },
  ],
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  const session = readPageSession(await headers())
  const theme = (await cookies()).get('theme')?.value
  return (
    <html lang="en" data-theme={theme === 'light' || theme === 'dark' ? theme : undefined}>
      <body>
        <AppSessionProvider session={session}>{children}</AppSessionProvider>
      </body>
    </html>
  )
}
