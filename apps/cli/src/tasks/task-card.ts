import type { Task } from '@tasklane/client'
import type { Span } from '../terminal/spans.ts'

/** All of one task, a line for each field that has a value. */
export function taskCard(task: Task): Span[][] {
  const fields: [string, string | null][] = [
    ['Title', task.title],
    ['Id', task.id],
    ['Done', task.completedAt ? instant(task.completedAt) : 'no'],
    ['Priority', task.priority],
    ['Due', task.dueDate],
    ['Tags', task.tags.join(', ')],
    ['Text', task.description],
    ['Version', `${task.version}, of ${instant(task.updatedAt)}`],
    ['In trash', task.deletedAt && `since ${instant(task.deletedAt)}`],
  ]
  return fields
    .filter((field): field is [string, string] => Boolean(field[1]))
    .map(([name, value]) => [{ text: name.padEnd(10), style: 'dim' }, value])
}

const instant = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
