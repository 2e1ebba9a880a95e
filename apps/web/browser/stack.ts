import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {} from 'vitest'
import type { TestProject } from 'vitest/node'
import { type Started, startProcess } from './start-process.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    appUrl: string
    serverUrl: string
    serverLog: string
  }
}

const root = fileURLToPath(new URL('../../..', import.meta.url))

interface Settings {
  server?: Record<string, string>
  app?: Record<string, string>
}

export interface Stack {
  server: Started
  app: Started
  serverLog: string
  stop(): Promise<void>
}

/** A server with a database of its own, and the built app before it, on free ports. */
export async function startStack({ server = {}, app = {} }: Settings = {}): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), 'tasklane-browser-'))
  const serverLog = join(folder, 'server.log')
  const startedServer = await startProcess({
    file: join(root, 'apps/server/dist/main.js'),
    folder,
    log: serverLog,
    env: { DATA_DIR: join(folder, 'data'), PORT: '0', TRUST_PROXY: '127.0.0.1', ...server },
  })
  const startedApp = await startProcess({
    file: join(root, 'apps/web/dist/server/main.js'),
    folder,
    log: join(folder, 'app.log'),
    env: { TASKLANE_URL: startedServer.url, PORT: '0', NEXT_TELEMETRY_DISABLED: '1', ...app },
  }).catch(async (error: unknown) => {
    await startedServer.stop()
    throw error
  })
  return {
    server: startedServer,
    app: startedApp,
    serverLog,
    stop: async () => {
      await startedApp.stop()
      await startedServer.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One for all files. Its limits are off, since all of its users come from one address. */
export default async function setUp({ provide }: TestProject) {
  const limits = ['LOGIN_PER_MINUTE', 'LOGIN_IP_PER_MINUTE', 'SIGNUP_PER_HOUR', 'REFRESH_PER_MINUTE']
  const server = Object.fromEntries(limits.map((limit) => [`RATE_LIMIT_${limit}`, '0']))
  const stack = await startStack({ server })
  provide('appUrl', stack.app.url)
  provide('serverUrl', stack.server.url)
  provide('serverLog', stack.serverLog)
  return stack.stop
}
