import { type Command, Option } from 'commander'
import type { BaseOptions } from '../connection/connect.ts'
import { parseDay, todayOf } from '../tasks/days.ts'
import type { ListFilters } from '../tasks/list-pages.ts'
import { days, type Priority, priorityOption, wholeNumber } from './task-options.ts'

const sorts = ['createdAt', 'updatedAt', 'dueDate', 'priority', 'title', 'relevance'] as const
const orders = ['asc', 'desc'] as const

export interface ListOptions extends BaseOptions {
  completed?: boolean
  open?: boolean
  priority?: Priority
  tag?: string
  dueBefore?: string
  dueAfter?: string
  dueOn?: string
  overdue?: boolean
  updatedSince?: string
  trashed?: boolean
  sort?: (typeof sorts)[number]
  order?: (typeof orders)[number]
  limit?: number
  cursor?: string
  all?: boolean
}

/** Every way to choose among tasks. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--completed', 'those that are done')
    .addOption(new Option('--open', 'those that are not').conflicts('completed'))
    .addOption(priorityOption())
    .option('-t, --tag <tag>', 'those with this tag')
    .option('--due-before <day>', `due earlier than this day: ${days}`)
    .option('--due-after <day>', 'due later than this day')
    .option('--due-on <day>', 'due on this day')
    .option('--overdue', 'open, and due before today')
    .option('--updated-since <instant>', 'changed since, such as 2026-12-24T12:00:00Z')
    .option('--trashed', 'those in the trash')
}

/** The filters, and how a list is ordered and cut. */
export function addListOptions(command: Command): Command {
  return addFilterOptions(command)
    .addOption(new Option('-s, --sort <field>', 'the order (default: the newest first)').choices(sorts))
    .addOption(new Option('--order <direction>', 'default desc').choices(orders))
    .option('-n, --limit <count>', 'how many at most, 1 to 100 (default: 20)', wholeNumber(1))
    .option('--cursor <cursor>', 'the nextCursor of --json: the page after it')
    .addOption(new Option('-a, --all', 'all of them, however many').conflicts(['limit', 'cursor']))
}

export function filtersOf(options: ListOptions, now: Date): ListFilters {
  const { completed, open, priority, tag, overdue, updatedSince, trashed, sort, order } = options
  const day = (text: string | undefined) => (text === undefined ? undefined : parseDay(text, now))
  const filters = {
    completed: completed ?? (open === true ? false : undefined),
    ...{ priority, tag, updatedSince, trashed, sort, order, overdue },
    dueBefore: day(options.dueBefore),
    dueAfter: day(options.dueAfter),
    dueOn: day(options.dueOn),
    today: overdue === true ? todayOf(now) : undefined,
  }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
}
