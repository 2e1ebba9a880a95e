import type { Metadata } from 'next'
import Link from 'next/link'
import { Gate } from '../../sign-in/gate.tsx'
import { ResetPasswordForm } from '../../sign-in/mail-forms.tsx'

export const metadata: Metadata = { title: 'Set a new password' }

export default function ResetPasswordPage() {
  return (
    <Gate title="Set a new password" links={<Link href="/">Back to Tasklane</Link>}>
      <ResetPasswordForm />
    </Gate>
  )
}
