import type { ListedTask } from '@tasklane/client'
import { describe, expect, it } from 'vitest'
import { changesIn } from './use-draft.ts'

const begun = {
  title: ' Apples ',
  description: 'Two kilos\n',
  priority: null,
  dueDate: '2026-12-24',
  tags: ['home'],
} as unknown as ListedTask

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData()
  const asShown = {
    title: ' Apples ',
    description: 'Two kilos\n',
    priority: '',
    dueDate: '2026-12-24',
    tags: 'home',
  }
  for (const [name, value] of Object.entries({ ...asShown, ...fields })) form.set(name, value)
  return form
}

describe('what a form changes', () => {
  it('is nothing while nothing is typed, whatever spaces and lines the task has at its ends', () => {
    expect(changesIn(formOf({}), begun)).toEqual({})
  })

  it('is each field that says something else', () => {
    const typed = { title: 'Pears', description: '', priority: 'high', dueDate: '', tags: '#Home, shop' }
    expect(changesIn(formOf(typed), begun)).toEqual({
      title: 'Pears',
      description: null,
      priority: 'high',
      dueDate: null,
      tags: ['home', 'shop'],
    })
  })

  it('never is the notes, while they are not known', () => {
    const { description: _, ...listed } = begun
    expect(changesIn(formOf({ description: 'Others' }), listed as ListedTask)).toEqual({})
  })
})
