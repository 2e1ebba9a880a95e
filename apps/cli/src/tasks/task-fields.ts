import type { ListedTask } from '@tasklane/client'
import type { Span, Style } from '../terminal/spans.ts'

type Shown = Pick<ListedTask, 'completed' | 'dueDate' | 'priority'>

const priorityStyles: Record<string, Style | Style[]> = {
  urgent: ['bold', 'red'],
  high: 'yellow',
  low: 'dim',
}

/** `x` is a done task, for terminals and fonts of all kinds. */
export const markOf = ({ completed }: Shown): Span =>
  completed ? { text: '[x]', style: 'green' } : { text: '[ ]', style: 'dim' }

export function priorityOf({ priority }: Shown): Span {
  const style = priority === null ? undefined : priorityStyles[priority]
  return style === undefined ? (priority ?? '') : { text: priority ?? '', style }
}

/** The day, and what it means today. */
export function dueOf({ completed, dueDate }: Shown, today: string): Span {
  if (dueDate === null || completed) return dueDate ?? ''
  if (dueDate < today) return { text: `${dueDate} overdue`, style: 'red' }
  return dueDate === today ? { text: `${dueDate} today`, style: 'yellow' } : dueDate
}
