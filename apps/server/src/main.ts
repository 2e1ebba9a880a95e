import { describeError } from '@tasklane/db'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { type Backend, isDatabaseReady, openBackend } from './backend.ts'
import { type Env, readEnv } from './env.ts'
import { createLog } from './log.ts'
import { explainStartFailure, ListenError } from './start-failure.ts'
import { summary } from './summary.ts'

const closeTimeoutMilliseconds = 9_000
/** npm hands on to us a signal that the terminal has sent to us already. */
const sameSignalMilliseconds = 1_000

const signals = ['SIGINT', 'SIGTERM'] as const

type Log = ReturnType<typeof createLog>

async function main(): Promise<void> {
  const env = readEnv()
  const log = createLog(env)
  const backend = await openBackend(env, log)
  try {
    await serve({ env, log, backend })
  } catch (error) {
    await backend.database.close()
    throw error
  }
}

async function serve({ env, log, backend }: { env: Env; log: Log; backend: Backend }): Promise<void> {
  const { database, dependencies } = backend
  const isReady = () => isDatabaseReady(database, log)
  const app = await buildApp({ ...env, dependencies, isReady, log })
  closeOnSignal(log, async () => {
    await app.close()
    await database.close()
  })
  // For `localhost` Fastify would open a second server, which its close does not wait for.
  const host = env.host === 'localhost' ? '127.0.0.1' : env.host
  await app.listen({ host, port: env.port }).catch((error: unknown) => {
    throw new ListenError(env, error)
  })
  if (!env.isProduction) console.log(summary({ env, url: app.listeningOrigin }))
}

/** Closes at SIGTERM, SIGINT and an error that nothing caught, and ends the process. */
function closeOnSignal(log: Log, close: () => Promise<void>): void {
  const onSecondError = (error: unknown) =>
    log.error({ error: describeError(error) }, 'second error, exiting')
  const options = { delay: closeTimeoutMilliseconds, logger: log, onSecondError, skip: [...signals] }
  const closing = closeWithGrace(options, async ({ err }) => {
    if (err) log.error({ error: describeError(err) }, 'closing after an error that nothing caught')
    await close()
    log.info('closed')
  })
  let firstAt: number | undefined
  for (const signal of signals) {
    process.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = performance.now()
        log.info({ signal }, 'closing')
        void closing.close()
      } else if (performance.now() - firstAt > sameSignalMilliseconds) {
        log.error({ signal }, 'second signal, exiting')
        process.exit(1)
      }
    })
  }
}

main().catch((error: unknown) => {
  console.error(`Tasklane did not start.\n${explainStartFailure(error)}`)
  process.exit(1)
})
