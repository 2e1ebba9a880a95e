'use client'

import type { ReactNode } from 'react'
import { Button } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import { type FieldErrors, useFormCall, type Values } from '../parts/use-form-call.ts'
import styles from './gate.module.css'

interface Props {
  submit: string
  /** Resolves when it has worked. What it rejects with is shown, at the fields where they are named. */
  onSubmit: (values: Values) => Promise<unknown>
  /** The field that a refusal with this reason is about. */
  fieldOf?: Readonly<Record<string, string>>
  children: (errors: FieldErrors) => ReactNode
}

/** A form that calls the server. Without scripts it does nothing, so that no password leaves in a URL. */
export function GateForm({ submit, onSubmit, fieldOf, children }: Props) {
  const form = useFormCall({ call: onSubmit, fieldOf })
  return (
    <form className={styles.form} method="post" noValidate onSubmit={form.onSubmit}>
      {form.failure && <Notice kind="error">{form.failure}</Notice>}
      {children(form.errors)}
      <Button type="submit" look="primary" disabled={form.isBusy}>
        {submit}
      </Button>
    </form>
  )
}
