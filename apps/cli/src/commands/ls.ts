import type { Command } from 'commander'
import { type Connection, connect } from '../connection/connect.ts'
import type { Setting } from '../setting.ts'
import { todayOf } from '../tasks/days.ts'
import { type ListFilters, listPages, type TaskPage } from '../tasks/list-pages.ts'
import { taskTable } from '../tasks/task-table.ts'
import { addCommand } from './add-command.ts'
import { addListOptions, filtersOf, type ListOptions } from './list-options.ts'

export function addLs(program: Command, setting: Setting): void {
  addListOptions(addCommand(program, 'ls', 'list tasks').alias('list'))
    .option('--search <words>', 'those with these words; "a phrase", or, -not')
    .action(async ({ search, ...options }: ListOptions & { search?: string }) => {
      await printList(setting, { options, filters: search === undefined ? {} : { search } })
    })
}

export function addSearch(program: Command, setting: Setting): void {
  addListOptions(addCommand(program, 'search <words...>', 'find tasks by their words, the best first'))
    .addHelpText(
      'after',
      '\nWords may be "a phrase", `or` and -not. Put -not behind --: tasklane search -- milk -oat',
    )
    .action(async (words: string[], options: ListOptions) => {
      await printList(setting, { options, filters: { search: words.join(' '), highlight: true } })
    })
}

interface Listing {
  options: ListOptions
  filters: ListFilters
}

async function printList(setting: Setting, { options, filters: more }: Listing): Promise<void> {
  const now = setting.now()
  const filters = { ...filtersOf(options, now), ...more }
  await connect(setting, options, async (connection) => {
    const { printer } = connection
    const page = await readList(connection, { options, filters, signal: setting.signal })
    if (printer.isJson) return printer.value(page)
    if (page.tasks.length === 0) return printer.note('No tasks.')
    printer.table(taskTable(page.tasks, todayOf(now)))
    if (page.nextCursor === null) return
    const of = page.total === undefined ? '' : ` of ${page.total}`
    printer.note({ text: `${page.tasks.length}${of} tasks. --all lists all of them.`, style: 'dim' })
  })
}

async function readList(
  { client }: Connection,
  { options: { limit, cursor, all }, filters, signal }: Listing & { signal: AbortSignal },
): Promise<Pick<TaskPage, 'tasks' | 'nextCursor' | 'total'>> {
  if (all !== true) {
    const page = { ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) }
    return await client.tasks.list.query({ ...filters, ...page }, { signal })
  }
  const tasks: TaskPage['tasks'] = []
  for await (const page of listPages({ client, filters, signal })) tasks.push(...page.tasks)
  return { tasks, nextCursor: null, total: tasks.length }
}
