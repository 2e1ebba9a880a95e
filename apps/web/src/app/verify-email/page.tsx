import type { Metadata } from 'next'
import Link from 'next/link'
import { Gate } from '../../sign-in/gate.tsx'
import { VerifyEmailForm } from '../../sign-in/mail-forms.tsx'

export const metadata: Metadata = { title: 'Confirm your email' }

export default function VerifyEmailPage() {
  return (
    <Gate title="Confirm your email" links={<Link href="/">Back to Tasklane</Link>}>
      <VerifyEmailForm />
    </Gate>
  )
}
