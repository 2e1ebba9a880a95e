import { expect, it } from 'vitest'
import { createBackground } from './background.ts'
import type { Logger } from './context.ts'

function createBench() {
  const errors: unknown[] = []
  const log: Logger = { info: () => {}, warn: () => {}, error: (details) => void errors.push(details) }
  return { errors, background: createBackground(log) }
}

it('is settled when all work is done, also what work has started', async () => {
  const { background } = createBench()
  const done: string[] = []
  background.run('first', async () => {
    await Promise.resolve()
    background.run('second', async () => void done.push('second'))
    done.push('first')
  })
  await background.settled()
  expect(done).toEqual(['first', 'second'])
})

it('does at once, when it is to settle, what was to be done later', async () => {
  const { background } = createBench()
  let runs = 0
  background.runLater(3_600_000, 'later', async () => void runs++)
  await background.settled()
  expect(runs).toBe(1)
})

it('does what was to be done later when its time has come, once', async () => {
  const { background } = createBench()
  let runs = 0
  await new Promise<void>((resolve) => {
    background.runLater(1, 'later', async () => {
      runs += 1
      resolve()
    })
  })
  await background.settled()
  expect(runs).toBe(1)
})

it('logs what fails, by name, and goes on', async () => {
  const { background, errors } = createBench()
  const failing = [
    () => Promise.reject(new Error('out of order')),
    () => {
      throw new Error('out of order')
    },
  ]
  for (const work of failing) background.run('fails', work)
  let isDone = false
  background.run('works', async () => {
    isDone = true
  })
  await background.settled()
  expect(isDone).toBe(true)
  expect(errors).toMatchObject([
    { name: 'fails', error: { message: 'out of order' } },
    { name: 'fails', error: { message: 'out of order' } },
  ])
})

it('runs four at once, lets a thousand wait, and says when it leaves work undone', async () => {
  const { background, errors } = createBench()
  let [inFlight, inFlightMax, done] = [0, 0, 0]
  for (let index = 0; index < 1010; index++) {
    background.run('much', async () => {
      inFlight += 1
      inFlightMax = Math.max(inFlightMax, inFlight)
      await Promise.resolve()
      inFlight -= 1
      done += 1
    })
  }
  await background.settled()
  expect(inFlightMax).toBe(4)
  expect(done + errors.length).toBe(1010)
  expect(done).toBeGreaterThanOrEqual(1000)
  expect(errors.length).toBeGreaterThan(0)
})
