import { issuesOf, reasonOf } from '@tasklane/client'
import { type FormEvent, useState } from 'react'
import { failureText } from './notify.ts'

export type Values = Record<string, string>
/** What is wrong about each field, by its name. */
export type FieldErrors = Record<string, string | undefined>

interface Options {
  /** What is done with what the form says. What it rejects with is shown, at the fields where they are named. */
  call(values: Values, form: HTMLFormElement): Promise<unknown>
  /** The field that a refusal with this reason is about. */
  fieldOf?: Readonly<Record<string, string>> | undefined
}

/** A form that calls the server: `send` is for its `onSubmit`. */
export function useFormCall({ call, fieldOf = {} }: Options) {
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
      await call(values, form)
    } catch (error) {
      const found = errorsOf(error, fieldOf)
      setErrors(found)
      const [first] = Object.keys(found)
      if (first === undefined) setFailure(failureText(error))
      else form.querySelector<HTMLElement>(`[name="${first}"]`)?.focus()
    } finally {
      setBusy(false)
    }
  }

  return { isBusy, failure, errors, onSubmit: (event: FormEvent<HTMLFormElement>) => void send(event) }
}

function errorsOf(error: unknown, fieldOf: Readonly<Record<string, string>>): FieldErrors {
  const field = fieldOf[reasonOf(error) ?? '']
  if (field !== undefined) return { [field]: failureText(error) }
  return Object.fromEntries(issuesOf(error).map(({ path, message }) => [String(path[0]), message]))
}
