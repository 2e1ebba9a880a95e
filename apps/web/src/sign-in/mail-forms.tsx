'use client'

import { useTasklaneClient } from '@tasklane/client/react'
import { useEffect, useState } from 'react'
import { Field } from '../parts/field.tsx'
import { Notice } from '../parts/notice.tsx'
import { GateForm } from './gate-form.tsx'

export function ForgotPasswordForm() {
  const client = useTasklaneClient()
  const [message, setMessage] = useState<string>()
  if (message) return <Notice>{message}</Notice>
  return (
    <GateForm
      submit="Send a link"
      onSubmit={async ({ email = '' }) =>
        setMessage((await client.auth.requestPasswordReset.mutate({ email })).message)
      }
    >
      {(errors) => (
        <Field
          label="Email"
          name="email"
          type="email"
          autoComplete="email"
          required
          error={errors['email']}
        />
      )}
    </GateForm>
  )
}

/** The token of the link that was mailed. It is in the fragment, which no server sees, and leaves the address bar. */
function useMailToken(): string | undefined {
  const [token, setToken] = useState<string>()
  useEffect(() => {
    const given = new URLSearchParams(window.location.hash.slice(1)).get('token')
    if (given !== null) window.history.replaceState(null, '', window.location.pathname)
    setToken((before) => before ?? given ?? '')
  }, [])
  return token
}

const linkIsWrong = 'This link is not complete. Open it from the mail once more, or ask for a new one.'

export function ResetPasswordForm() {
  const client = useTasklaneClient()
  const token = useMailToken()
  if (token === '') return <Notice kind="error">{linkIsWrong}</Notice>
  return (
    <GateForm
      submit="Set the password"
      fieldOf={{ PASSWORD_TOO_WEAK: 'newPassword' }}
      onSubmit={async ({ newPassword = '' }) => {
        await client.auth.resetPassword.mutate({ token: token ?? '', newPassword })
        // A document of its own: whoever was signed in here is not any more.
        window.location.replace('/sign-in?reset')
      }}
    >
      {(errors) => (
        <Field
          label="New password"
          name="newPassword"
          type="password"
          autoComplete="new-password"
          required
          hint="You are signed out everywhere else."
          error={errors['newPassword']}
        />
      )}
    </GateForm>
  )
}

export function VerifyEmailForm() {
  const client = useTasklaneClient()
  const token = useMailToken()
  const [message, setMessage] = useState<string>()
  if (token === '') return <Notice kind="error">{linkIsWrong}</Notice>
  if (message) return <Notice>{message}</Notice>
  return (
    <GateForm
      submit="Confirm the address"
      onSubmit={async () =>
        setMessage((await client.auth.verifyEmail.mutate({ token: token ?? '' })).message)
      }
    >
      {() => <p>Confirm that this address is yours.</p>}
    </GateForm>
  )
}
