import { createRequire } from 'node:module'
import { Command } from 'commander'
import { addAdd } from './commands/add.ts'
import { addCall } from './commands/call.ts'
import { addCompletion } from './commands/completion.ts'
import { addDone } from './commands/done.ts'
import { addEdit } from './commands/edit.ts'
import { addExport } from './commands/export.ts'
import { addImport } from './commands/import.ts'
import { addLogin } from './commands/login.ts'
import { addLogout } from './commands/logout.ts'
import { addLs, addSearch } from './commands/ls.ts'
import { addRestore, addRm } from './commands/rm.ts'
import { addToken } from './commands/token.ts'
import { addWatch } from './commands/watch.ts'
import { addWhoami } from './commands/whoami.ts'
import { exitCodesText } from './exit-codes.ts'
import type { Setting } from './setting.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

const environmentText = `Environment:
  TASKLANE_URL     the server
  TASKLANE_TOKEN   an API token, instead of a session
  XDG_CONFIG_HOME  sessions are kept in its folder tasklane; default ~/.config
  NO_COLOR         no colours`

const adders = [
  ...[addLogin, addLogout, addWhoami, addAdd, addLs, addSearch, addDone, addEdit, addRm, addRestore],
  ...[addImport, addExport, addWatch, addToken, addCall],
]

/** The whole program, ready to parse its arguments. It writes to this terminal, and never ends the process. */
export function createProgram(setting: Setting): Command {
  const program = createCommands(setting)
  addCompletion(program, () => createCommands(setting))
  return program
}

function createCommands(setting: Setting): Command {
  const { terminal } = setting
  const program = new Command('tasklane')
    .description('Your tasks, from a terminal. An id may be given by its first characters.')
    .version(version, '-V, --version', 'the version of this program')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.stdout.columns || 100,
      getErrHelpWidth: () => terminal.stderr.columns || 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', `\n${environmentText}\n\n${exitCodesText}`)
  for (const add of adders) add(program, setting)
  return program
}
