import { runRetention } from '@tasklane/api'
import { createTestBackend } from '@tasklane/api/testing'
import { afterEach, expect, it } from 'vitest'
import { captureLog } from './fixtures/captured-log.ts'
import { queryRows } from './fixtures/rows.ts'
import { createRetention, type Retention } from './retention.ts'

/** The machine may be busy. */
const patient = { timeout: 15_000 }
const captured = captureLog()
const { log } = captured
const started: Retention[] = []

afterEach(async () => {
  for (const retention of started.splice(0)) await retention.stop()
  captured.clear()
})

function start(run: () => Promise<unknown>, everyMilliseconds?: number): Retention {
  const retention = createRetention({
    run,
    log,
    ...(everyMilliseconds !== undefined && { everyMilliseconds }),
  })
  started.push(retention)
  retention.start()
  return retention
}

it('runs at once, and again after a while', async () => {
  let runs = 0
  start(async () => runs++, 10)
  expect(runs).toBe(1)
  await expect.poll(() => runs, patient).toBeGreaterThan(2)
})

it('never runs twice at a time', async () => {
  let runs = 0
  let turns = 0
  const ends: (() => void)[] = []
  start(() => {
    runs++
    return new Promise<void>((resolve) => ends.push(resolve))
  }, 5)
  const counter = setInterval(() => turns++, 5)
  await expect.poll(() => turns, patient).toBeGreaterThan(10)
  expect(runs).toBe(1)
  ends[0]?.()
  await expect.poll(() => runs, patient).toBe(2)
  clearInterval(counter)
  ends[1]?.()
})

it('goes on after a failure, which is an error in the log', async () => {
  let runs = 0
  start(async () => {
    runs++
    throw Object.assign(new Error('Failed query'), { query: 'delete', params: ['distinctive'] })
  }, 5)
  await expect.poll(() => runs, patient).toBeGreaterThan(2)
  expect(captured.entries()[0]).toMatchObject({
    level: 50,
    msg: 'retention failed',
    error: { query: 'delete' },
  })
  expect(captured.text()).not.toContain('distinctive')
})

it('waits for what runs when it is stopped, and starts no more', async () => {
  let runs = 0
  let end = () => {}
  const retention = start(() => {
    runs++
    return new Promise<void>((resolve) => {
      end = resolve
    })
  }, 5)
  let isStopped = false
  const stopped = retention.stop().then(() => {
    isStopped = true
  })
  await new Promise(setImmediate)
  expect(isStopped).toBe(false)
  end()
  await stopped
  retention.start()
  expect(runs).toBe(1)
})

it('deletes the events when they are too old, and not before', async () => {
  const backend = await createTestBackend()
  const { database, dependencies } = backend
  await backend.signUp()
  let runs = 0
  const run = () => runRetention(dependencies, { eventsDays: 90, trashDays: 30 }).then(() => runs++)
  const events = () => queryRows(database, 'select event_type from auth_events')
  const daySeconds = 24 * 3600

  backend.advanceSeconds(89 * daySeconds)
  const retention = start(run, 20)
  await expect.poll(() => runs, patient).toBeGreaterThan(1)
  expect(await events()).toEqual([{ event_type: 'sign_up' }])
  backend.advanceSeconds(2 * daySeconds)
  await expect.poll(events, patient).toEqual([])
  await retention.stop()
  await backend.close()
})
