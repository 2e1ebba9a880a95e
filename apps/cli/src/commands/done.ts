import type { Command } from 'commander'
import { type BaseOptions, connect } from '../connection/connect.ts'
import type { Setting } from '../setting.ts'
import { findIds } from '../tasks/find-ids.ts'
import { addCommand } from './add-command.ts'
import { eachTask } from './each-task.ts'

interface Options extends BaseOptions {
  undo?: boolean
}

export function addDone(program: Command, setting: Setting): void {
  const { signal } = setting
  addCommand(program, 'done <id...>', 'complete tasks')
    .option('--undo', 'reopen them')
    .action(async (keys: string[], options: Options) => {
      await connect(setting, options, async (connection) => {
        const { client } = connection
        const ids = await findIds(keys, { client, signal, places: ['live'] })
        const { complete, reopen } = client.tasks
        const call = (id: string) => (options.undo === true ? reopen : complete).mutate({ id }, { signal })
        await eachTask(connection, { ids, word: options.undo === true ? 'Reopened' : 'Done', call })
      })
    })
}
