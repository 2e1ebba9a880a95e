import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser } from '../../testing.ts'

const inFlightMax = 2
const queueMax = 20
const logIns = 150

let backend: TestBackend
let reader: TestUser

beforeAll(async () => {
  backend = await createTestBackend({ hashing: { inFlightMax, queueMax } })
  reader = await backend.signUp()
})
afterAll(() => backend.close())

it('a hundred and fifty log-ins at once hash two at a time, refuse the excess, and refuse no reader', async () => {
  const loads: { inFlight: number; waiting: number }[] = []
  let isOver = false
  let reads = 0
  const storm = Promise.allSettled(
    Array.from({ length: logIns }, () =>
      backend.client().auth.logIn.mutate({ usernameOrEmail: reader.email, password: reader.password }),
    ),
  ).finally(() => {
    isOver = true
  })
  const watching = (async () => {
    while (!isOver) {
      loads.push(backend.dependencies.hasher.load())
      await setImmediate()
    }
  })()
  while (!isOver) {
    expect(await reader.client.tasks.list.query()).toMatchObject({ total: 0 })
    reads += 1
  }
  await watching
  const settled = await storm
  expect(Math.max(...loads.map(({ inFlight }) => inFlight))).toBe(inFlightMax)
  expect(Math.max(...loads.map(({ waiting }) => waiting))).toBeLessThanOrEqual(queueMax)
  expect(reads).toBeGreaterThan(1)
  const refusals = settled.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
  expect(refusals.length).toBeGreaterThan(0)
  expect(refusals.length).toBeLessThan(logIns)
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({ data: { reason: 'TOO_BUSY', httpStatus: 503, retryAfterSeconds: 1 } })
  }
})
