import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
const stacks: Stack[] = []
const limit = { RATE_LIMIT_SIGNUP_PER_HOUR: '2' }

beforeAll(async () => {
  stack = await startStack({ server: limit })
  stacks.push(stack)
})
afterAll(async () => {
  for (const each of stacks) await each.stop()
})

let users = 0

interface Call {
  app: string
  /** The address of the socket. Every one of 127.0.0.0/8 is this machine. */
  from: string
  headers?: Record<string, string>
}

/** Signs somebody up, and gives the HTTP status. */
function signUp({ app, from, headers = {} }: Call): Promise<number> {
  users += 1
  const body = JSON.stringify({ json: { email: `user-${users}@example.com`, password: 'Seven-Kettles-1' } })
  return new Promise((resolve, reject) => {
    const options = {
      ...{ method: 'POST', localAddress: from },
      headers: { 'content-type': 'application/json', 'content-length': body.length, ...headers },
    }
    request(`${app}/trpc/auth.signUp`, options, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .on('error', reject)
      .end(body)
  })
}

const times = async (count: number, call: Call) => {
  const statuses: number[] = []
  for (let index = 0; index < count; index += 1) statuses.push(await signUp(call))
  return statuses
}

it('limits two callers of the app each for itself', async () => {
  const app = stack.app.url
  expect(await times(3, { app, from: '127.0.0.2' })).toEqual([200, 200, 429])
  expect(await times(3, { app, from: '127.0.0.3' })).toEqual([200, 200, 429])
})

it('believes no caller who names another address', async () => {
  const app = stack.app.url
  const headers = {
    'x-forwarded-for': '198.51.100.1',
    'x-real-ip': '198.51.100.2',
    forwarded: 'for=198.51.100.3',
    'x-tasklane-caller': 'seal 198.51.100.4',
  }
  expect(await times(3, { app, from: '127.0.0.4' })).toEqual([200, 200, 429])
  expect(await times(2, { app, from: '127.0.0.4', headers })).toEqual([429, 429])
})

it('is not believed itself by a server that does not name it', async () => {
  const server = { ...limit, TRUST_PROXY: '' }
  const distrusting = await startStack({ server })
  stacks.push(distrusting)
  const app = distrusting.app.url
  expect(await times(2, { app, from: '127.0.0.5' })).toEqual([200, 200])
  expect(await times(1, { app, from: '127.0.0.6' })).toEqual([429])
})
