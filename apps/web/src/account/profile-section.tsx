'use client'

import { useMutation } from '@tanstack/react-query'
import type { User } from '@tasklane/client'
import { useTasklane } from '@tasklane/client/react'
import { Field } from '../parts/field.tsx'
import { AccountForm } from './account-form.tsx'
import { Section } from './section.tsx'

export function ProfileSection({ user }: { user: User }) {
  const update = useMutation(useTasklane().auth.updateProfile.mutationOptions())
  return (
    <Section title="Profile">
      <AccountForm
        submit="Save"
        fieldOf={{
          USERNAME_TAKEN: 'username',
          USERNAME_RESERVED: 'username',
          IDENTIFIER_REQUIRED: 'username',
        }}
        onSubmit={async ({ name = '', username = '' }) => {
          await update.mutateAsync({ name: name.trim() || null, username: username.trim() || null })
          return 'Your profile is saved'
        }}
      >
        {(errors) => (
          <>
            <Field
              label="Name"
              name="name"
              autoComplete="name"
              defaultValue={user.name ?? ''}
              error={errors['name']}
            />
            <Field
              label="Username"
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              defaultValue={user.username ?? ''}
              error={errors['username']}
            />
          </>
        )}
      </AccountForm>
    </Section>
  )
}
