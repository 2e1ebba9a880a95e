import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** What the environment says. */
export interface Env {
  /** Where the sessions and the address of the server are kept. */
  configFolder: string
  /** TASKLANE_URL: the server, where `--url` does not name one. */
  url: string | undefined
  /** TASKLANE_TOKEN: an API token, which goes before a session. */
  token: string | undefined
  /** Whether a terminal may get colours: NO_COLOR is unset, and the terminal is none that knows no colours. */
  mayColor: boolean
}

export function readEnv(variables: NodeJS.ProcessEnv = process.env): Env {
  const configHome = variables['XDG_CONFIG_HOME'] ?? ''
  return {
    configFolder: join(isAbsolute(configHome) ? configHome : join(homedir(), '.config'), 'tasklane'),
    url: variables['TASKLANE_URL'] || undefined,
    token: variables['TASKLANE_TOKEN'] || undefined,
    mayColor: !variables['NO_COLOR'] && variables['TERM'] !== 'dumb',
  }
}
