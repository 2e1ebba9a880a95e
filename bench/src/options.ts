import { parseArgs } from 'node:util'
import { parseEnv, SettingsError, variableNames } from '@tasklane/server/env'

export const usage = `usage: npm run bench:log-in-storm -- [options]

Starts a server of its own, on an embedded database in a temporary folder, and measures what one
user's tasks.list takes while others send log-ins, which are slow to check, all at once. Fails when
the reader is refused, or a log-in is answered by anything but 200 or a 503 with Retry-After.

  --storms <n>            Storms, each after a quiet part. Default 3; fewer when they take long.
  --log-ins <n>           Log-ins of one storm. Default 150.
  --quiet-seconds <n>     Length of each quiet part. Default 2.
  --hashes-in-flight <n>  HASHES_IN_FLIGHT of the server. Default: the server's.
  --hashes-queue-max <n>  HASHES_QUEUE_MAX of the server. Default: the server's.
  --json                  Print JSON instead of a table.`

const options = {
  storms: { type: 'string', default: '3' },
  'log-ins': { type: 'string', default: '150' },
  'quiet-seconds': { type: 'string', default: '2' },
  'hashes-in-flight': { type: 'string', default: '' },
  'hashes-queue-max': { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** The program was called in a way that it does not know. */
class UsageError extends Error {
  override name = 'UsageError'
}

export type Options = ReturnType<typeof readOptions>

/** Throws what `isUsageError` knows. */
export function readOptions(args: string[]) {
  const { values } = parseArgs({ args, options })
  const variables: Record<string, string> = {
    LOG_LEVEL: 'warn',
    HASHES_IN_FLIGHT: values['hashes-in-flight'],
    HASHES_QUEUE_MAX: values['hashes-queue-max'],
  }
  for (const name of variableNames) if (name.startsWith('RATE_LIMIT_')) variables[name] = '0'
  return {
    storms: countOf('--storms', values.storms),
    logInsPerStorm: countOf('--log-ins', values['log-ins']),
    quietSeconds: countOf('--quiet-seconds', values['quiet-seconds']),
    /** The whole environment of the server. Empty ones count as unset. */
    variables,
    hashing: parseEnv(variables).hashing,
    isJson: values.json,
    isHelp: values.help,
  }
}

function countOf(name: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError(`${name} must be a whole number from 1 to 9999`)
  return Number(text)
}

export function isUsageError(error: unknown): error is Error {
  if (error instanceof UsageError || error instanceof SettingsError) return true
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
}
