import type { Metadata } from 'next'
import Link from 'next/link'
import { Gate } from '../../sign-in/gate.tsx'
import { SignUpForm } from '../../sign-in/sign-up-form.tsx'

export const metadata: Metadata = { title: 'Create an account' }

export default function SignUpPage() {
  return (
    <Gate
      title="Create an account"
      links={
        <span>
          Have one? <Link href="/sign-in">Sign in</Link>
        </span>
      }
    >
      <SignUpForm />
    </Gate>
  )
}
