'use client'

import { issuesOf, reasonOf } from '@tasklane/client'
import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import { Button } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import { notify } from '../parts/notify.ts'
import styles from './account.module.css'

export type Values = Record<string, string>
export type FieldErrors = Record<string, string | undefined>

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
export function AccountForm({ submit, look = 'plain', onSubmit, fieldOf = {}, isEmptied, children }: Props) {
  const [isBusy, setBusy] = useState(false)
  const [errors, setErrors] = useState<FieldErrors>({})
  const [failure, setFailure] = useState<string>()
  const form = useRef<HTMLFormElement>(null)

  async function send(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const values = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]),
    )
    setBusy(true)
    setErrors({})
    setFailure(undefined)
    try {
      notify({ text: await onSubmit(values) })
      if (isEmptied) form.current?.reset()
    } catch (error) {
      const message = error instanceof Error ? error.message : 'Something went wrong'
      const field = fieldOf[reasonOf(error) ?? '']
      const issues = issuesOf(error).map((issue) => [String(issue.path[0]), issue.message])
      const found: FieldErrors = field === undefined ? Object.fromEntries(issues) : { [field]: message }
      setErrors(found)
      if (Object.keys(found).length === 0) setFailure(message)
    } finally {
      setBusy(false)
    }
  }

  return (
    <form ref={form} className={styles.form} method="post" noValidate onSubmit={(event) => void send(event)}>
      {failure && <Notice kind="error">{failure}</Notice>}
      {children(errors)}
      <Button type="submit" look={look} disabled={isBusy}>
        {submit}
      </Button>
    </form>
  )
}
