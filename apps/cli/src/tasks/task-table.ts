import type { ListedTask } from '@tasklane/client'
import type { Span } from '../terminal/spans.ts'
import type { Table } from '../terminal/table.ts'
import { shortLength } from './short-ids.ts'
import { dueOf, markOf, priorityOf } from './task-fields.ts'

/** A row for each task, with where the words stand that were searched for. */
export function taskTable(tasks: ListedTask[], today: string): Table {
  const length = shortLength(tasks.map(({ id }) => id))
  return {
    columns: [
      { name: 'ID' },
      { name: '' },
      { name: 'PRIORITY' },
      { name: 'DUE' },
      { name: 'TITLE', widthMin: 16 },
      { name: 'TAGS', isOptional: true },
    ],
    rows: tasks.map((task) => ({
      cells: [
        { text: task.id.slice(0, length), style: 'cyan' },
        ...[markOf(task), priorityOf(task), dueOf(task, today)],
        task.completed ? { text: task.title, style: 'dim' } : task.title,
        { text: task.tags.map((tag) => `#${tag}`).join(' '), style: 'dim' },
      ],
      below: task.snippet?.map(
        ({ text, isMatch }): Span => ({
          text: text.replaceAll(/\s*[\r\n]+\s*/g, ' · '),
          style: isMatch ? 'bold' : 'dim',
        }),
      ),
    })),
  }
}
