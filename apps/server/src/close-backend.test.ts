import { createTestBackend } from '@tasklane/api/testing'
import type { Database } from '@tasklane/db'
import { expect, it } from 'vitest'
import { closeBackend } from './close-backend.ts'
import { captureLog } from './fixtures/captured-log.ts'

/** What is closed, in its order. */
async function openBackend() {
  const order: string[] = []
  const { database, dependencies } = await createTestBackend()
  const close = async () => {
    order.push('database')
    await database.close()
  }
  const mailer = { appUrl: '', send: async () => {}, close: () => void order.push('mailer') }
  return { order, backend: { database: { ...database, close } as Database, dependencies, mailer } }
}

it('waits for work in the background, also for what was to come later, before it closes the database', async () => {
  const { order, backend } = await openBackend()
  const { log, entries } = captureLog()
  const { background } = backend.dependencies
  const count = async (name: string) => {
    await backend.database.ping()
    order.push(name)
  }
  background.run('now', () => count('now'))
  background.runLater(60_000, 'later', () => count('later'))
  await closeBackend({ backend, log, waitMilliseconds: 10_000, running: [count('running')] })
  expect(order.slice(-2)).toEqual(['mailer', 'database'])
  expect(order.slice(0, 3).sort()).toEqual(['later', 'now', 'running'])
  expect(entries()).toEqual([])
})

it('does not wait for ever, and says that it cut work off', async () => {
  const { order, backend } = await openBackend()
  const { log, entries } = captureLog()
  backend.dependencies.background.run('stuck', () => new Promise(() => {}))
  await closeBackend({ backend, log, waitMilliseconds: 20, running: [] })
  expect(order).toEqual(['mailer', 'database'])
  expect(entries()).toMatchObject([{ level: 40, msg: 'work in the background was cut off' }])
})
