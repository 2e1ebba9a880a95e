'use client'

import { useTasklaneClient } from '@tasklane/client/react'
import { useState } from 'react'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { notify, notifyFailure } from '../parts/notify.ts'
import { useAppSession } from '../session/app-session.tsx'
import { AccountForm } from './account-form.tsx'
import { exportAccount } from './export-account.ts'
import { Section } from './section.tsx'

export function DataSection() {
  const client = useTasklaneClient()
  const { end } = useAppSession()
  const [isBusy, setBusy] = useState(false)
  const [isDeleting, setDeleting] = useState(false)

  async function download(): Promise<void> {
    setBusy(true)
    try {
      await exportAccount(client)
      notify({ text: 'Everything of your account is in that file' })
    } catch (error) {
      notifyFailure(error)
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <Section title="Your data" text="Everything that is stored of you, as JSON.">
        <div>
          <Button disabled={isBusy} onClick={() => void download()}>
            Download it
          </Button>
        </div>
      </Section>
      <Section title="Delete the account" text="With every task in it, at once and for good.">
        {isDeleting ? (
          <AccountForm
            submit="Delete everything"
            look="danger"
            fieldOf={{ PASSWORD_WRONG: 'currentPassword' }}
            onSubmit={async ({ currentPassword = '' }) => {
              const proof = currentPassword ? { currentPassword } : {}
              const { message } = await end(() => client.auth.deleteAccount.mutate(proof), 'deleted')
              return message
            }}
          >
            {(errors) => (
              <Field
                label="Your password, to be sure"
                name="currentPassword"
                type="password"
                autoComplete="current-password"
                autoFocus
                error={errors['currentPassword']}
              />
            )}
          </AccountForm>
        ) : (
          <div>
            <Button look="danger" onClick={() => setDeleting(true)}>
              Delete the account…
            </Button>
          </div>
        )}
      </Section>
    </>
  )
}
