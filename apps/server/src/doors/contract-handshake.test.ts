import { createClient, reasonOf } from '@tasklane/client'
import type { TRPCFetch } from '@trpc/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestServer, type TestServer } from '../testing.ts'

let server: TestServer

beforeAll(async () => {
  server = await createTestServer()
})
afterAll(() => server.close())

/** A client as it would be, had it been made for another contract. */
function clientOf(contract: string) {
  const fetch: TRPCFetch = (url, init) => {
    const headers = new Headers(init?.headers as RequestInit['headers'])
    expect(headers.get('tasklane-contract')).toBe('1')
    headers.set('tasklane-contract', contract)
    return server.fetch(url, { ...init, headers })
  }
  return createClient({ url: 'http://tasklane.test', fetch })
}

const account = () => ({ email: `${crypto.randomUUID()}@example.com`, password: 'Correct-Horse-1' })

describe('a client', () => {
  it('that is older than the server supports is told to be updated, whatever it calls', async () => {
    const client = clientOf('0')
    const calls = [
      () => client.auth.signUp.mutate(account()),
      () => Promise.all([client.tasks.list.query(), client.tasks.counts.query()]),
      () => client.tasks.watch({ since: 0 }).next(),
    ]
    for (const call of calls) {
      const error: unknown = await call().catch((caught: unknown) => caught)
      expect(reasonOf(error)).toBe('CLIENT_TOO_OLD')
      expect(error).toMatchObject({ message: expect.stringContaining('update @tasklane/client') })
    }
  })

  it.each(['1', '2', '999999999'])('of contract %s is answered', async (contract) => {
    const client = clientOf(contract)
    const { user } = await client.auth.signUp.mutate(account())
    expect(await client.auth.me.query()).toMatchObject({ id: user.id })
  })
})

it.each(['', 'x', '-1', '1.0', '1, 1', '1e3', '9'.repeat(10)])(
  'refuses what is no contract: %j',
  async (contract) => {
    const headers = { 'tasklane-contract': contract }
    const answer = await server.app.inject({ url: '/trpc/auth.me', headers })
    expect([answer.statusCode, answer.json().error.json.data.reason]).toEqual([400, 'REQUEST_INVALID'])
  },
)

it('answers whoever says nothing of a contract', async () => {
  const answer = await server.app.inject({ url: '/trpc/auth.me' })
  expect(answer.json().error.json.data.reason).toBe('AUTHENTICATION_REQUIRED')
})
