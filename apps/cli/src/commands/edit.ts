import type { TasklaneInputs } from '@tasklane/client'
import { type Command, Option } from 'commander'
import { type BaseOptions, connect } from '../connection/connect.ts'
import { UsageError } from '../problems.ts'
import type { Setting } from '../setting.ts'
import { parseDay } from '../tasks/days.ts'
import { findIds } from '../tasks/find-ids.ts'
import { taskCard } from '../tasks/task-card.ts'
import { addCommand } from './add-command.ts'
import { addFieldOptions, type FieldOptions, wholeNumber } from './task-options.ts'

interface Options extends BaseOptions, FieldOptions {
  title?: string
  done?: boolean
  open?: boolean
  expectedVersion?: number
}

type Fields = Omit<TasklaneInputs['tasks']['update'], 'id' | 'expectedVersion'>

export function addEdit(program: Command, setting: Setting): void {
  addFieldOptions(addCommand(program, 'edit <id>', 'change fields of a task'))
    .option('--title <text>', 'another title')
    .option('--no-description', 'clear it')
    .option('--no-priority', 'clear it')
    .option('--no-due', 'clear it')
    .option('--no-tag', 'clear all tags (--tag replaces them)')
    .option('--done', 'complete it')
    .addOption(new Option('--open', 'reopen it').conflicts('done'))
    .option('--expected-version <number>', 'refuse when somebody else was faster', wholeNumber(1))
    .action(async (key: string, options: Options) => {
      const fields = fieldsOf(options, setting.now())
      const { expectedVersion } = options
      await connect(setting, options, async ({ client, printer }) => {
        const { signal } = setting
        const [id = ''] = await findIds([key], { client, signal, places: ['live'] })
        const expected = expectedVersion === undefined ? {} : { expectedVersion }
        const task = await client.tasks.update.mutate({ id, ...fields, ...expected }, { signal })
        if (printer.isJson) return printer.value(task)
        for (const line of taskCard(task)) printer.line(...line)
      })
    })
}

function fieldsOf({ title, description, priority, due, tag, done, open }: Options, now: Date): Fields {
  const fields = {
    ...{ title, description: orNull(description), priority: orNull(priority), tags: orNull(tag) },
    dueDate: due ? parseDay(due, now) : orNull(due),
    completed: done ?? (open === true ? false : undefined),
  }
  const changed = Object.entries(fields).filter(([, value]) => value !== undefined)
  if (changed.length === 0) throw new UsageError('Say what to change, such as --title or --due.')
  return Object.fromEntries(changed)
}

/** `--no-x` clears a field. */
function orNull<Value>(value: Value | false | undefined): Value | null | undefined {
  return value === false ? null : value
}
