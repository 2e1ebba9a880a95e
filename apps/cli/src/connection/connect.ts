import { createClient, type SessionStore, type TasklaneClient } from '@tasklane/client'
import { FailedCallError, isOfCall, SignedOutError, UsageError } from '../problems.ts'
import type { Setting } from '../setting.ts'
import { createPrinter, type Printer } from '../terminal/printer.ts'
import { type Credentials, openCredentials } from './credentials.ts'
import { chooseUrl } from './server-url.ts'

/** What every command takes. */
export interface BaseOptions {
  json?: boolean
  url?: string
}

/** A server, and who calls it. */
export interface Connection {
  url: string
  client: TasklaneClient
  printer: Printer
  credentials: Credentials
  session: SessionStore | undefined
}

interface Options extends BaseOptions {
  /** Whether the work needs somebody who is signed in. Default true. */
  isSignedIn?: boolean
}

/**
 * Does the work of a command at a server.
 *
 * @throws SignedOutError before anything is sent, where nobody is signed in and somebody has to be.
 * @throws FailedCallError what fails in it.
 */
export async function connect(
  setting: Setting,
  { json = false, url: given, isSignedIn = true }: Options,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const { env, terminal } = setting
  const printer = createPrinter({ terminal, mayColor: env.mayColor, isJson: json })
  const credentials = openCredentials(env.configFolder)
  const url = chooseUrl({ url: given, env, lastUrl: await credentials.lastUrl() })
  const session = env.token === undefined ? credentials.storeOf(url) : undefined
  if (session) {
    if (isSignedIn && !(await session.get())) throw new SignedOutError(url)
    const exposure = await credentials.exposure(url)
    if (exposure !== undefined) printer.note({ text: exposure, style: 'yellow' })
  }
  const client = createClient({ url, ...(session ? { session } : { headers: headersOf(env.token) }) })
  try {
    await work({ url, client, printer, credentials, session })
  } catch (error) {
    throw isOfCall(error) ? new FailedCallError(error, { url, session }) : error
  }
}

function headersOf(token = ''): Record<string, string> {
  if (!/^[\w.~+/=-]{1,8192}$/.test(token)) throw new UsageError('TASKLANE_TOKEN does not look like a token.')
  return { authorization: `Bearer ${token}` }
}
