'use client'

import { useMutation, useQuery } from '@tanstack/react-query'
import { useTasklane } from '@tasklane/client/react'
import { useState } from 'react'
import { Button } from '../parts/button.tsx'
import controls from '../parts/controls.module.css'
import { Field } from '../parts/field.tsx'
import { Notice } from '../parts/notice.tsx'
import { notify, notifyFailure } from '../parts/notify.ts'
import styles from './account.module.css'
import { AccountForm } from './account-form.tsx'
import { InstantText } from './instant-text.tsx'
import { Section } from './section.tsx'

const days = [30, 90, 365]

export function TokensSection() {
  const api = useTasklane()
  const { data, error } = useQuery(api.tokens.list.queryOptions(undefined, { staleTime: 0 }))
  const create = useMutation(api.tokens.create.mutationOptions())
  const revoke = useMutation(
    api.tokens.revoke.mutationOptions({
      onSuccess: () => notify({ text: 'That token is of no use any more' }),
      onError: notifyFailure,
    }),
  )
  const [secret, setSecret] = useState<string>()

  return (
    <Section title="API tokens" text="For scripts and tools that act for you.">
      {error && <Notice kind="error">{error.message}</Notice>}
      {secret !== undefined && (
        <div role="status">
          <p>Copy it now: it is shown this once.</p>
          <code className={styles.secret}>{secret}</code>
          <p className={styles.row}>
            <Button
              onClick={() =>
                void navigator.clipboard
                  .writeText(secret)
                  .then(() => notify({ text: 'Copied' }), notifyFailure)
              }
            >
              Copy
            </Button>
            <Button look="quiet" onClick={() => setSecret(undefined)}>
              I have it
            </Button>
          </p>
        </div>
      )}
      <ul className={styles.list}>
        {data?.tokens.map(({ id, name, scopes, expiresAt, lastUsedAt }) => (
          <li key={id}>
            <div>
              {name}
              <span className={styles.badge}>{scopes === 'read' ? 'Reads' : 'Reads and writes'}</span>
              <p className={styles.meta}>
                {expiresAt ? (
                  <>
                    Until <InstantText at={expiresAt} />
                  </>
                ) : (
                  'For good'
                )}
                ,{' '}
                {lastUsedAt ? (
                  <>
                    last used <InstantText at={lastUsedAt} />
                  </>
                ) : (
                  'never used'
                )}
              </p>
            </div>
            <Button
              look="danger"
              disabled={revoke.isPending}
              aria-label={`Revoke ${name}`}
              onClick={() => revoke.mutate({ id })}
            >
              Revoke
            </Button>
          </li>
        ))}
      </ul>
      <AccountForm
        submit="Create a token"
        isEmptied
        onSubmit={async ({ name = '', scopes, lifeDays }) => {
          const life = Number(lifeDays)
          const created = await create.mutateAsync({
            name,
            scopes: scopes === 'write' ? 'write' : 'read',
            ...(life > 0 && { expiresAt: new Date(Date.now() + life * 24 * 3600_000) }),
          })
          setSecret(created.token)
          return 'The token is made'
        }}
      >
        {(errors) => (
          <>
            <Field label="Name of the token" name="name" autoComplete="off" error={errors['name']} />
            <label className={controls.field}>
              <span className={controls.label}>It may</span>
              <select className={controls.input} name="scopes" defaultValue="read">
                <option value="read">Read</option>
                <option value="write">Read and write</option>
              </select>
            </label>
            <label className={controls.field}>
              <span className={controls.label}>It is good for</span>
              <select className={controls.input} name="lifeDays" defaultValue="90">
                {days.map((count) => (
                  <option key={count} value={count}>
                    {count} days
                  </option>
                ))}
                <option value="">Ever</option>
              </select>
            </label>
          </>
        )}
      </AccountForm>
    </Section>
  )
}
