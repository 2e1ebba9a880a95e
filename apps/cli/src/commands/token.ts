import { type Command, Option } from 'commander'
import { type BaseOptions, connect } from '../connection/connect.ts'
import { RefusedError, UsageError } from '../problems.ts'
import type { Setting } from '../setting.ts'
import { parseDay } from '../tasks/days.ts'
import { shortLength } from '../tasks/short-ids.ts'
import { addCommand } from './add-command.ts'

interface CreateOptions extends BaseOptions {
  scopes: 'read' | 'write'
  expires?: string
}

export function addToken(program: Command, setting: Setting): void {
  const token = program.command('token').description('API tokens, for programs')
  addCreate(token, setting)
  addList(token, setting)
  addRevoke(token, setting)
}

function addCreate(token: Command, setting: Setting): void {
  const scopes = new Option('--scopes <scopes>', 'what it may do').choices(['read', 'write'])
  addCommand(token, 'create <name>', 'make one, and print it this once')
    .addOption(scopes.makeOptionMandatory())
    .option(
      '--expires <day>',
      'the first day, in UTC, on which it is refused: +30d or 2027-01-31 (default: never)',
    )
    .action(async (name: string, { scopes, expires, ...options }: CreateOptions) => {
      const until =
        expires === undefined ? {} : { expiresAt: `${parseDay(expires, setting.now())}T00:00:00Z` }
      await connect(setting, options, async ({ client, printer }) => {
        const input = { name, scopes, ...until }
        const created = await client.tokens.create.mutate(input, { signal: setting.signal })
        if (printer.isJson) return printer.value(created)
        printer.note('Keep it now: it is not shown again.')
        printer.line(created.token)
      })
    })
}

function addList(token: Command, setting: Setting): void {
  addCommand(token, 'list', 'those there are').action(async (options: BaseOptions) => {
    await connect(setting, options, async ({ client, printer }) => {
      const { tokens } = await client.tokens.list.query(undefined, { signal: setting.signal })
      if (printer.isJson) return printer.value(tokens)
      if (tokens.length === 0) return printer.note('No tokens.')
      const length = shortLength(tokens.map(({ id }) => id))
      const columns = ['ID', 'SCOPES', 'EXPIRES', 'LAST USED', 'NAME'].map((name) => ({ name }))
      printer.table({
        columns: columns.map((column) => (column.name === 'NAME' ? { ...column, widthMin: 16 } : column)),
        rows: tokens.map(({ id, scopes, expiresAt, lastUsedAt, name }) => ({
          cells: [
            { text: id.slice(0, length), style: 'cyan' },
            scopes,
            expiresAt?.toISOString().slice(0, 10) ?? 'never',
            lastUsedAt?.toISOString().slice(0, 10) ?? 'never',
            name,
          ],
        })),
      })
    })
  })
}

function addRevoke(token: Command, setting: Setting): void {
  addCommand(token, 'revoke <id>', 'end one').action(async (key: string, options: BaseOptions) => {
    await connect(setting, options, async ({ client, printer }) => {
      const { tokens } = await client.tokens.list.query(undefined, { signal: setting.signal })
      const [found, second] = tokens.filter(({ id }) => key !== '' && id.startsWith(key.toLowerCase()))
      if (!found) throw new RefusedError(`No token has an id that begins with "${key}".`)
      if (second) throw new UsageError(`"${key}" begins the ids of several tokens. Give more of it.`)
      await client.tokens.revoke.mutate({ id: found.id }, { signal: setting.signal })
      if (printer.isJson) printer.value({ id: found.id })
      else printer.line('Revoked  ', { text: found.id, style: 'cyan' }, `  ${found.name}`)
    })
  })
}
