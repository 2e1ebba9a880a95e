import type { Command } from 'commander'
import { type BaseOptions, connect } from '../connection/connect.ts'
import type { Setting } from '../setting.ts'
import { addCommand } from './add-command.ts'
import { nameOf } from './login.ts'

export function addWhoami(program: Command, setting: Setting): void {
  addCommand(program, 'whoami', 'who is signed in, and where').action(async (options: BaseOptions) => {
    await connect(setting, options, async ({ url, client, printer, session }) => {
      const user = await client.auth.me.query(undefined, { signal: setting.signal })
      if (printer.isJson) return printer.value({ url, user })
      const others = [user.name, user.email].filter((each) => each && each !== nameOf(user))
      printer.line(
        { text: nameOf(user), style: 'bold' },
        ...(others.length > 0 ? [` (${others.join(', ')})`] : []),
      )
      printer.line(`at ${url}, by ${session ? 'a session' : 'the token of TASKLANE_TOKEN'}`)
    })
  })
}
