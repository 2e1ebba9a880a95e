import type { Logger } from '@tasklane/api'
import type { Backend } from './backend.ts'

interface Close {
  backend: Pick<Backend, 'database' | 'mailer'> & {
    dependencies: Pick<Backend['dependencies'], 'background'>
  }
  /** What else uses the database and comes to an end. */
  running: Promise<unknown>[]
  /** How long to wait for what runs. */
  waitMilliseconds: number
  log: Logger
}

/** Waits for what runs, such as mail that is being sent, then hangs up on the mail server and closes the database. */
export async function closeBackend({ backend, running, waitMilliseconds, log }: Close): Promise<void> {
  const { database, dependencies, mailer } = backend
  const settled = Promise.all([dependencies.background.settled(), ...running])
  if (!(await endsWithin(waitMilliseconds, settled))) log.warn({}, 'work in the background was cut off')
  mailer?.close()
  await database.close()
}

function endsWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), milliseconds)
    work.then(() => resolve(true), reject).finally(() => clearTimeout(timer))
  })
}
