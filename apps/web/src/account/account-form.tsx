'use client'

import type { ReactNode } from 'react'
import { Button } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import { notify } from '../parts/notify.ts'
import { type FieldErrors, useFormCall, type Values } from '../parts/use-form-call.ts'
import styles from './account.module.css'

interface Props {
  submit: string
  look?: 'plain' | 'danger'
  /** Resolves with what has been done, to be said. */
  onSubmit: (values: Values) => Promise<string>
  /** The field that a refusal with this reason is about. */
  fieldOf?: Readonly<Record<string, string>>
  /** Whether the fields are emptied when it has worked. Default not. */
  isEmptied?: boolean
  children: (errors: FieldErrors) => ReactNode
}

/** A form of the account: it says what it has done, or what is wrong at the field. */
export function AccountForm({ submit, look = 'plain', onSubmit, fieldOf, isEmptied, children }: Props) {
  const form = useFormCall({
    fieldOf,
    call: async (values, element) => {
      notify({ text: await onSubmit(values) })
      if (isEmptied) element.reset()
    },
  })
  return (
    <form className={styles.form} method="post" noValidate onSubmit={form.onSubmit}>
      {form.failure && <Notice kind="error">{form.failure}</Notice>}
      {children(form.errors)}
      <Button type="submit" look={look} disabled={form.isBusy}>
        {submit}
      </Button>
    </form>
  )
}
