import { rm } from 'node:fs/promises'
import {
  createFolder,
  createUsedFolder,
  type ServerProcess,
  startServer,
} from '../fixtures/server-process.ts'
import { findFixedPort } from './fixed-port.ts'

/** The built server at one address and on one database, however often it is ended. */
export interface RestartedServer {
  port: number
  url: string
  /** What it said or did that no signal and no broken connection explains. */
  faults: string[]
  /** Ends it by this signal, and starts it again as soon as it is gone. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Ends it for good. */
  close(): Promise<void>
}

/** The embedded database is slower: a token must not expire before its answer is there. */
const accessTokenTtlSeconds = { embedded: 5, postgres: 3 }

/** Without a URL on the embedded database, in a folder of its own. */
export async function startRestartedServer(databaseUrl: string | undefined): Promise<RestartedServer> {
  const folder = await (databaseUrl === undefined ? createUsedFolder() : createFolder())
  const port = await findFixedPort()
  const variables = {
    PORT: String(port),
    LOG_LEVEL: 'warn',
    ACCESS_TOKEN_TTL_SECONDS: String(
      accessTokenTtlSeconds[databaseUrl === undefined ? 'embedded' : 'postgres'],
    ),
    RATE_LIMIT_SIGNUP_PER_HOUR: '0',
    RATE_LIMIT_LOGIN_PER_MINUTE: '0',
    RATE_LIMIT_LOGIN_IP_PER_MINUTE: '0',
    RATE_LIMIT_REFRESH_PER_MINUTE: '0',
    MIGRATE_ON_START: 'true',
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
  }
  const faults: string[] = []
  const start = () => startServer({ folder, variables })
  let running: Promise<ServerProcess> | undefined = start()

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const server = await running
    running = undefined
    if (!server) return
    const code = await server.end(signal)
    const expected = signal === 'SIGTERM' ? 0 : null
    if (code !== expected) faults.push(`the server ended with ${code} at ${signal}`)
    faults.push(...complaintsOf(server))
  }

  const { url } = await running
  return {
    port,
    url,
    faults,
    restart: async (signal) => {
      await end(signal)
      running = start()
      await running
    },
    close: async () => {
      await end('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Warnings and errors in the log, and what is printed though it is no line of the log. */
function complaintsOf(server: ServerProcess): string[] {
  const logged = server.logged().filter(({ msg }) => !String(msg).startsWith('no mail is sent'))
  const printed = server
    .printed()
    .split('\n')
    .filter((line) => /warning|error/i.test(line) && !line.startsWith('{'))
  return [...logged.map((line) => JSON.stringify(line)), ...printed].map((line) => `the server says: ${line}`)
}
