'use client'

import { useTasklaneClient } from '@tasklane/client/react'
import { Field } from '../parts/field.tsx'
import { GateForm } from './gate-form.tsx'

export function SignInForm() {
  const client = useTasklaneClient()
  return (
    <GateForm
      submit="Sign in"
      onSubmit={({ usernameOrEmail = '', password = '' }) =>
        client.auth.logIn.mutate({ usernameOrEmail, password })
      }
    >
      {(errors) => (
        <>
          <Field
            label="Email or username"
            name="usernameOrEmail"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            error={errors['usernameOrEmail']}
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            error={errors['password']}
          />
        </>
      )}
    </GateForm>
  )
}
