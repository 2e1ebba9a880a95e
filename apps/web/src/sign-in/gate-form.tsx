'use client'

import { issuesOf, reasonOf } from '@tasklane/client'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Button } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import styles from './gate.module.css'

export type Values = Record<string, string>
/** What is wrong about each field, by its name. */
export type FieldErrors = Record<string, string | undefined>

interface Props {
  submit: string
  /** Resolves when it has worked. What it rejects with is shown, at the fields where they are named. */
  onSubmit: (values: Values) => Promise<unknown>
  /** The field that a refusal with this reason is about. */
  fieldOf?: Readonly<Record<string, string>>
  children: (errors: FieldErrors) => ReactNode
}

/** A form that calls the server. Without scripts it does nothing, so that no password leaves in a URL. */
export function GateForm({ submit, onSubmit, fieldOf = {}, children }: Props) {
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  const [errors, setErrors] = useState<FieldErrors>({})

  async function send(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = event.currentTarget
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]))
    setBusy(true)
    setFailure(undefined)
    setErrors({})
    try {
      await onSubmit(values)
    } catch (error) {
      const found = errorsOf(error, fieldOf)
      setErrors(found)
      const [first] = Object.keys(found)
      if (first === undefined) setFailure(messageOf(error))
      else form.querySelector<HTMLElement>(`[name="${first}"]`)?.focus()
    } finally {
      setBusy(false)
    }
  }

  return (
    <form className={styles.form} method="post" noValidate onSubmit={(event) => void send(event)}>
      {failure && <Notice kind="error">{failure}</Notice>}
      {children(errors)}
      <Button type="submit" look="primary" disabled={isBusy}>
        {submit}
      </Button>
    </form>
  )
}

function errorsOf(error: unknown, fieldOf: Readonly<Record<string, string>>): FieldErrors {
  const field = fieldOf[reasonOf(error) ?? '']
  if (field !== undefined) return { [field]: messageOf(error) }
  return Object.fromEntries(issuesOf(error).map(({ path, message }) => [String(path[0]), message]))
}

function messageOf(error: unknown): string {
  if (reasonOf(error) === undefined) return 'The server cannot be reached. Try again in a moment.'
  return error instanceof Error ? error.message : 'Something went wrong'
}
