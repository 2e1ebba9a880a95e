import type { Metadata } from 'next'
import Link from 'next/link'
import { Notice } from '../../parts/notice.tsx'
import { Gate } from '../../sign-in/gate.tsx'
import { SignInForm } from '../../sign-in/sign-in-form.tsx'

export const metadata: Metadata = { title: 'Sign in' }

const said: Record<string, string> = {
  ended: 'You were signed out, in another window or because your session has ended. Sign in to go on.',
  reset: 'Your password is set. Sign in with it.',
  deleted: 'Your account is deleted, with everything in it.',
}

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, unknown>>
}) {
  const [name] = Object.keys(await searchParams).filter((name) => Object.hasOwn(said, name))
  return (
    <Gate
      title="Sign in"
      links={
        <>
          <Link href="/sign-up">Create an account</Link>
          <Link href="/forgot-password">Forgot your password?</Link>
        </>
      }
    >
      {name !== undefined && <Notice>{said[name]}</Notice>}
      <SignInForm />
    </Gate>
  )
}
