import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { type BaseOptions, connect } from '../connection/connect.ts'
import { isReadableOnTheWay } from '../connection/server-url.ts'
import { UsageError } from '../problems.ts'
import type { Setting } from '../setting.ts'
import { ask } from '../terminal/ask.ts'
import { addCommand } from './add-command.ts'

interface Options extends BaseOptions {
  passwordStdin?: boolean
}

export function addLogin(program: Command, setting: Setting): void {
  addCommand(program, 'login [username-or-email]', 'sign in, and stay signed in')
    .option('--password-stdin', 'read the password from standard input, not from the terminal')
    .addHelpText(
      'after',
      '\nA password is never an argument: others on this machine could read it in the list of processes.',
    )
    .action(async (name: string | undefined, options: Options) => {
      await connect(setting, { ...options, isSignedIn: false }, async (connection) => {
        const { url, client, printer, credentials, session } = connection
        if (!session)
          throw new UsageError('TASKLANE_TOKEN is set, and goes before a session. Unset it to sign in.')
        if (isReadableOnTheWay(url))
          printer.note({ text: `${url} is not encrypted: others can read the password.`, style: 'yellow' })
        const account = await askForAccount(setting, { name, isFromStdin: options.passwordStdin === true })
        const { user } = await client.auth.logIn.mutate(account, { signal: setting.signal })
        await credentials.rememberUrl(url)
        if (printer.isJson) printer.value({ url, user })
        else printer.line(`Signed in at ${url} as `, { text: nameOf(user), style: 'bold' }, '.')
      })
    })
}

export const nameOf = ({
  id,
  username,
  email,
}: {
  id: string
  username: string | null
  email: string | null
}) => username ?? email ?? id

interface Asked {
  name: string | undefined
  isFromStdin: boolean
}

async function askForAccount({ terminal }: Setting, { name, isFromStdin }: Asked) {
  const canAsk = terminal.stdin.isTTY === true
  if (canAsk && isFromStdin)
    throw new UsageError('--password-stdin is for pipes and files: what you type here would be shown.')
  if (!canAsk && !isFromStdin) throw new UsageError('Nobody can be asked here. Give --password-stdin.')
  if (name === undefined && isFromStdin) throw new UsageError('Give the username or email.')
  const usernameOrEmail = name ?? (await ask(terminal, { text: 'Username or email: ' }))
  const password = isFromStdin
    ? (await text(terminal.stdin)).replace(/\r?\n$/, '')
    : await ask(terminal, { text: `Password of ${usernameOrEmail}: `, isSecret: true })
  return { usernameOrEmail, password }
}
