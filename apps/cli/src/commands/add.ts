import type { Command } from 'commander'
import { type BaseOptions, connect } from '../connection/connect.ts'
import type { Setting } from '../setting.ts'
import { parseDay, todayOf } from '../tasks/days.ts'
import { taskTable } from '../tasks/task-table.ts'
import { addCommand } from './add-command.ts'
import { addFieldOptions, type Priority } from './task-options.ts'

interface Options extends BaseOptions {
  description?: string
  priority?: Priority
  due?: string
  tag?: string[]
  done?: boolean
  id?: string
}

export function addAdd(program: Command, setting: Setting): void {
  addFieldOptions(addCommand(program, 'add <title...>', 'create a task'))
    .option('--done', 'it is done already')
    .option('--id <uuid>', 'an id of your own: the same call again makes no second task')
    .action(async (title: string[], { description, priority, due, tag, done, id, ...options }: Options) => {
      const now = setting.now()
      const task = {
        title: title.join(' '),
        ...(id !== undefined && { id }),
        ...(description !== undefined && { description }),
        ...(priority !== undefined && { priority }),
        ...(due !== undefined && { dueDate: parseDay(due, now) }),
        ...(tag !== undefined && { tags: tag }),
        ...(done === true && { completed: true }),
      }
      await connect(setting, options, async ({ client, printer }) => {
        const created = await client.tasks.create.mutate(task, { signal: setting.signal })
        if (printer.isJson) printer.value(created)
        else printer.table(taskTable([created], todayOf(now)))
      })
    })
}
