import type { Command } from 'commander'
import { type BaseOptions, connect } from '../connection/connect.ts'
import type { Setting } from '../setting.ts'
import { findIds } from '../tasks/find-ids.ts'
import { addCommand } from './add-command.ts'
import { eachTask } from './each-task.ts'

interface Options extends BaseOptions {
  purge?: boolean
}

export function addRm(program: Command, setting: Setting): void {
  const { signal } = setting
  addCommand(program, 'rm <id...>', 'move tasks to the trash, for 30 days')
    .option('--purge', 'delete them for good, from the trash or not')
    .action(async (keys: string[], options: Options) => {
      await connect(setting, options, async (connection) => {
        const { client } = connection
        const isForGood = options.purge === true
        const ids = await findIds(keys, { client, signal, places: isForGood ? ['live', 'trash'] : ['live'] })
        const call = async (id: string) => {
          const trashed = await client.tasks.delete.mutate({ id }, { signal })
          return isForGood
            ? { ...trashed, ...(await client.tasks.purge.mutate({ id }, { signal })) }
            : trashed
        }
        await eachTask(connection, { ids, word: isForGood ? 'Deleted for good' : 'In the trash', call })
      })
    })
}

export function addRestore(program: Command, setting: Setting): void {
  const { signal } = setting
  addCommand(program, 'restore <id...>', 'take tasks out of the trash').action(
    async (keys: string[], options: BaseOptions) => {
      await connect(setting, options, async (connection) => {
        const { client } = connection
        const ids = await findIds(keys, { client, signal, places: ['trash'] })
        const call = (id: string) => client.tasks.restore.mutate({ id }, { signal })
        await eachTask(connection, { ids, word: 'Restored', call })
      })
    },
  )
}
