import type { TaskChange, TaskChanges } from '@tasklane/client'
import type { Command } from 'commander'
import { type BaseOptions, type Connection, connect } from '../connection/connect.ts'
import type { Setting } from '../setting.ts'
import { todayOf } from '../tasks/days.ts'
import { dueOf, markOf, priorityOf } from '../tasks/task-fields.ts'
import type { Span } from '../terminal/spans.ts'
import { addCommand } from './add-command.ts'
import { wholeNumber } from './task-options.ts'

interface Options extends BaseOptions {
  since?: number
}

export function addWatch(program: Command, setting: Setting): void {
  addCommand(program, 'watch', 'changes of your tasks as they come, until Ctrl-C')
    .option('--since <number>', 'first those after this one; 0 is everything', wholeNumber(0))
    .addHelpText(
      'after',
      `
With --json a line is {"type":"upsert","seq","task"} or {"type":"delete","seq","id"}, after {"type":"resync"} where
everything comes anew. The "next" of a line is what to give to --since to go on behind it. A lost connection is
made again, and nothing is missed.`,
    )
    .action(async (options: Options) => {
      await connect(setting, options, (connection) => follow(connection, setting, options.since))
    })
}

async function follow({ client, printer }: Connection, setting: Setting, given?: number): Promise<void> {
  const { signal } = setting
  const { next } = await client.tasks.changes.query(
    { ...(given !== undefined && { since: given }), limit: 1 },
    { signal },
  )
  let position = given ?? next
  const titles = new Map<string, string>()
  if (printer.isJson) printer.jsonLine({ type: 'start', next: position })
  else printer.note({ text: `Following from change ${position} on. Ctrl-C ends.`, style: 'dim' })
  try {
    for await (const page of client.tasks.watch({ since: position, signal })) {
      if (page.resync) {
        if (printer.isJson) printer.jsonLine({ type: 'resync', next: 0 })
        else printer.line({ text: 'Everything anew:', style: 'bold' })
      }
      for (const { change, next: following } of linesOf(page)) {
        if (printer.isJson) printer.jsonLine({ ...change, next: following })
        else printer.line(...describe(change, { titles, today: todayOf(setting.now()) }))
        position = following
      }
      position = page.next
    }
  } finally {
    if (!printer.isJson) printer.note({ text: `To go on: tasklane watch --since ${position}`, style: 'dim' })
  }
}

/** Each change, and where to go on behind it. Within a load of everything that is its begin. */
function linesOf({ changes, next }: TaskChanges): { change: TaskChange; next: number }[] {
  return changes.map((change, index) => {
    const isLast = index === changes.length - 1
    const isLoading = next === 0 || (!isLast && change.seq === next)
    return { change, next: isLast ? next : isLoading ? 0 : change.seq }
  })
}

interface Seen {
  /** What tasks were called when they were last seen: a deletion has no more than an id. */
  titles: Map<string, string>
  today: string
}

function describe(change: TaskChange, { titles, today }: Seen): Span[] {
  const number: Span = { text: String(change.seq).padStart(6), style: 'dim' }
  if (change.type === 'delete') {
    const title = titles.get(change.id)
    titles.delete(change.id)
    return [
      number,
      ' ',
      { text: 'gone', style: 'red' },
      `  ${change.id}`,
      title === undefined ? '' : `  ${title}`,
    ]
  }
  const { task } = change
  titles.set(task.id, task.title)
  const details = [priorityOf(task), dueOf(task, today)].filter((span) => span !== '')
  return [
    ...[number, ' ', markOf(task), '   ', task.id, '  ', task.title],
    ...details.flatMap((span): Span[] => ['  ', span]),
  ]
}
