import { runRetention } from '@tasklane/api'
import { describeError } from '@tasklane/db'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { type Backend, isDatabaseReady, openBackend } from './backend.ts'
import { closeBackend } from './close-backend.ts'
import { type Env, readEnv } from './env.ts'
import { watchKeysFile } from './keys-file.ts'
import { createLog } from './log.ts'
import { mailProcedures } from './mail.ts'
import { createRetention } from './retention.ts'
import { explainStartFailure, ListenError } from './start-failure.ts'
import { summary } from './summary.ts'

const closeTimeoutMilliseconds = 9_000
/** What of it is left for the database to close in. */
const databaseCloseMilliseconds = 1_000
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
  const retention = createRetention({ run: () => runRetention(dependencies, env.retention), log })
  const keys = watchKeys({ env, log, backend })
  closeOnSignal(log, async () => {
    const closeBy = performance.now() + closeTimeoutMilliseconds - databaseCloseMilliseconds
    const running = [retention.stop()]
    keys?.close()
    await app.close()
    await closeBackend({ backend, running, waitMilliseconds: closeBy - performance.now(), log })
  })
  // For `localhost` Fastify would open a second server, which its close does not wait for.
  const host = env.host === 'localhost' ? '127.0.0.1' : env.host
  await app.listen({ host, port: env.port }).catch((error: unknown) => {
    throw new ListenError(env, error)
  })
  retention.start()
  if (!backend.mailer)
    log.warn({ procedures: mailProcedures }, 'no mail is sent, and these are off: set SMTP_URL and MAIL_FROM')
  if (!env.isProduction) console.log(summary({ env, url: app.listeningOrigin }))
}

function watchKeys({ env, log, backend }: { env: Env; log: Log; backend: Backend }) {
  const {
    jwtKeySet,
    dependencies: { signingKeys },
  } = backend
  if (!jwtKeySet || env.jwtKeysFile === undefined) return undefined
  return watchKeysFile({ ...jwtKeySet, signingKeys, file: env.jwtKeysFile, log })
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
