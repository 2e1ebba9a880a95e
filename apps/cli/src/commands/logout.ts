import type { Command } from 'commander'
import { type BaseOptions, connect } from '../connection/connect.ts'
import { exitCodes } from '../exit-codes.ts'
import { explain } from '../explain.ts'
import { FailedCallError, UsageError } from '../problems.ts'
import type { Setting } from '../setting.ts'
import { addCommand } from './add-command.ts'

interface Options extends BaseOptions {
  local?: boolean
}

export function addLogout(program: Command, setting: Setting): void {
  addCommand(program, 'logout', 'sign out, here and at the server')
    .option('--local', 'only forget the session here; at the server it goes on until it ends by itself')
    .action(async (options: Options) => {
      await connect(setting, options, async ({ url, client, printer, session }) => {
        if (!session) throw new UsageError('TASKLANE_TOKEN is set. To end a token: tasklane token revoke')
        if (options.local !== true)
          await client.auth.logOut.mutate(undefined, { signal: setting.signal }).catch((error: unknown) => {
            if (explain(new FailedCallError(error, { url, session })).exitCode !== exitCodes.notSignedIn)
              throw error
          })
        await session.clear()
        if (printer.isJson) printer.value({ url })
        else printer.line(`Signed out at ${url}.`)
      })
    })
}
