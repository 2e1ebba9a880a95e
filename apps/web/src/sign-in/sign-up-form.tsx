'use client'

import { useTasklaneClient } from '@tasklane/client/react'
import { Field } from '../parts/field.tsx'
import { GateForm } from './gate-form.tsx'

export function SignUpForm() {
  const client = useTasklaneClient()
  return (
    <GateForm
      submit="Create account"
      fieldOf={{ EMAIL_TAKEN: 'email', PASSWORD_TOO_WEAK: 'password' }}
      onSubmit={({ email = '', password = '', name = '' }) =>
        client.auth.signUp.mutate({ email, password, ...(name.trim() && { name: name.trim() }) })
      }
    >
      {(errors) => (
        <>
          <Field label="Name (optional)" name="name" autoComplete="name" error={errors['name']} />
          <Field
            label="Email"
            name="email"
            type="email"
            autoComplete="email"
            required
            error={errors['email']}
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="new-password"
            required
            hint="At least 8 characters, with upper case, lower case and a digit."
            error={errors['password']}
          />
        </>
      )}
    </GateForm>
  )
}
