import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from './create-client.ts'
import { issuesOf, reasonOf } from './errors.ts'
import { createSetting, createSignedInSetting } from './fixtures/client.ts'

let database: Database

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.close())

const errorOf = (call: Promise<unknown>) => call.then(() => undefined).catch((error: unknown) => error)

function answeredWith(response: () => Response) {
  return createClient({ url: 'http://server.test', fetch: async () => response() })
}

it('names the reason of a refusal', async () => {
  const { client } = createSetting(database)
  const error = await errorOf(client.tasks.list.query())
  expect(reasonOf(error)).toBe('AUTHENTICATION_REQUIRED')
  expect(issuesOf(error)).toEqual([])
})

it('names each field that was refused', async () => {
  const { client } = await createSignedInSetting(database)
  const error = await errorOf(client.tasks.create.mutate({ title: '', tags: ['fine', ''] }))
  expect(reasonOf(error)).toBe('INPUT_INVALID')
  expect(issuesOf(error).map(({ path }) => path)).toEqual([['title'], ['tags', 1]])
})

it.each([
  ['names a reason of a newer server', 'TASK_FROZEN', 'TASK_FROZEN'],
  ['gives no reason that is no word', { toString: 'TASK_FROZEN' }, undefined],
])('%s', async (_name, reason, given) => {
  const data = { code: 'CONFLICT', httpStatus: 409, reason }
  const client = answeredWith(() => Response.json({ error: { json: { message: 'x', code: -32_009, data } } }))
  expect(reasonOf(await errorOf(client.auth.me.query()))).toBe(given)
})

it.each([
  ['a page of a proxy', () => new Response('<html>502 Bad Gateway</html>', { status: 502 })],
  ['JSON that is not ours', () => Response.json({ message: 'Rate limited' }, { status: 429 })],
  ['a broken network', () => Response.error()],
])('gives no reason and no fields for %s', async (_name, response) => {
  const error = await errorOf(answeredWith(response).auth.me.query())
  expect(error).toBeInstanceOf(Error)
  expect(reasonOf(error)).toBeUndefined()
  expect(issuesOf(error)).toEqual([])
})

it.each([undefined, null, 'TASK_NOT_FOUND', new Error('x'), { data: { reason: 'TASK_NOT_FOUND' } }])(
  'gives no reason for %o, which no call rejects with',
  (error) => {
    expect(reasonOf(error)).toBeUndefined()
    expect(issuesOf(error)).toEqual([])
  },
)
