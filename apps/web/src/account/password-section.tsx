'use client'

import { useMutation } from '@tanstack/react-query'
import { useTasklane } from '@tasklane/client/react'
import { Field } from '../parts/field.tsx'
import { AccountForm } from './account-form.tsx'
import { Section } from './section.tsx'

export function PasswordSection() {
  const change = useMutation(useTasklane().auth.changePassword.mutationOptions())
  return (
    <Section title="Password" text="Signs you out everywhere but here.">
      <AccountForm
        submit="Change the password"
        isEmptied
        fieldOf={{ PASSWORD_WRONG: 'currentPassword', PASSWORD_TOO_WEAK: 'newPassword' }}
        onSubmit={async ({ currentPassword = '', newPassword = '' }) =>
          (await change.mutateAsync({ currentPassword, newPassword })).message
        }
      >
        {(errors) => (
          <>
            <Field
              label="Current password"
              name="currentPassword"
              type="password"
              autoComplete="current-password"
              error={errors['currentPassword']}
            />
            <Field
              label="New password"
              name="newPassword"
              type="password"
              autoComplete="new-password"
              error={errors['newPassword']}
            />
          </>
        )}
      </AccountForm>
    </Section>
  )
}
