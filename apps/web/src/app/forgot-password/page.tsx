import type { Metadata } from 'next'
import Link from 'next/link'
import { Gate } from '../../sign-in/gate.tsx'
import { ForgotPasswordForm } from '../../sign-in/mail-forms.tsx'

export const metadata: Metadata = { title: 'Forgot your password?' }

export default function ForgotPasswordPage() {
  return (
    <Gate title="Forgot your password?" links={<Link href="/">Back to Tasklane</Link>}>
      <ForgotPasswordForm />
    </Gate>
  )
}
