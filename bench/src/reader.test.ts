import { EventEmitter, once, setMaxListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createClient } from '@tasklane/client'
import { afterEach, expect, it } from 'vitest'
import { errorOf, type StubServer, startStub } from './fixtures/stub-server.ts'
import { readUntil } from './reader.ts'

let stub: StubServer
afterEach(() => stub.close())

const list = '[{"result":{"data":{"json":{"tasks":[],"total":0,"limit":20,"offset":0}}}}]'
function reader() {
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  return { client: createClient({ url: stub.url }), paceMilliseconds: 1, signal }
}

it('sends calls while earlier ones are not answered, and waits for every answer', async () => {
  const arrivals = new EventEmitter()
  const waiting: ServerResponse[] = []
  let isHolding = true
  stub = await startStub((_req, res) => {
    if (isHolding) waiting.push(res)
    else res.end(list)
    arrivals.emit(`${waiting.length} wait`)
  })
  const over = once(arrivals, '5 wait')
  const reading = readUntil(over, reader())
  await over
  isHolding = false
  for (const res of waiting) res.end(list)
  const readings = await reading
  expect(readings.length).toBeGreaterThanOrEqual(5)
  for (const { milliseconds, refusal } of readings) {
    expect(milliseconds).toBeGreaterThan(0)
    expect(refusal).toBeUndefined()
  }
})

it('reports each refused call, and goes on', async () => {
  const arrivals = new EventEmitter()
  let calls = 0
  stub = await startStub((req, res) => {
    calls += 1
    if (calls === 1) res.writeHead(503).end(errorOf(503, 'TOO_BUSY'))
    else if (calls === 2) req.socket.destroy()
    else res.end(list)
    arrivals.emit(`${calls} came`)
  })
  const readings = await readUntil(once(arrivals, '4 came'), reader())
  const refusals = readings.map(({ refusal }) => refusal)
  expect(refusals.filter((refusal) => refusal !== undefined).sort()).toEqual(['TOO_BUSY', 'no answer'])
  expect(refusals.length).toBeGreaterThanOrEqual(4)
})
