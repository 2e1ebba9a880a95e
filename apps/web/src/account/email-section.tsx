'use client'

import { useMutation } from '@tanstack/react-query'
import type { User } from '@tasklane/client'
import { useTasklane } from '@tasklane/client/react'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { notify, notifyFailure } from '../parts/notify.ts'
import styles from './account.module.css'
import { AccountForm } from './account-form.tsx'
import { Section } from './section.tsx'

export function EmailSection({ user }: { user: User }) {
  const api = useTasklane()
  const change = useMutation(api.auth.changeEmail.mutationOptions())
  const verify = useMutation(
    api.auth.requestEmailVerification.mutationOptions({
      onSuccess: ({ message }) => notify({ text: message }),
      onError: notifyFailure,
    }),
  )
  return (
    <Section title="Email" text="A new address gets a link. The old one stays until it is used.">
      {user.email !== null && (
        <div className={styles.row}>
          <span>{user.email}</span>
          <span className={styles.badge}>{user.emailVerified ? 'Confirmed' : 'Not confirmed'}</span>
          {!user.emailVerified && (
            <Button disabled={verify.isPending} onClick={() => verify.mutate()}>
              Send a link
            </Button>
          )}
        </div>
      )}
      <AccountForm
        submit="Change the email"
        isEmptied
        fieldOf={{ PASSWORD_WRONG: 'currentPassword' }}
        onSubmit={async ({ email = '', currentPassword = '' }) =>
          (await change.mutateAsync({ email, ...(currentPassword && { currentPassword }) })).message
        }
      >
        {(errors) => (
          <>
            <Field label="New email" name="email" type="email" autoComplete="off" error={errors['email']} />
            <Field
              label="Your password"
              name="currentPassword"
              type="password"
              autoComplete="current-password"
              error={errors['currentPassword']}
            />
          </>
        )}
      </AccountForm>
    </Section>
  )
}
