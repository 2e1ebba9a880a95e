import { createClient } from '@tasklane/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestServer, type TestServer } from './testing.ts'

let server: TestServer

beforeAll(async () => {
  server = await createTestServer()
})
afterAll(() => server.close())

async function signedInClient() {
  const client = createClient({ url: 'http://tasklane.test', fetch: server.fetch })
  const email = `${crypto.randomUUID()}@example.com`
  await client.auth.signUp.mutate({ email, password: 'Correct-Horse-1' })
  return client
}

it('lets the typed client create, list, complete and delete', async () => {
  const client = await signedInClient()
  const [first, second] = await Promise.all(
    ['One', 'Two', 'Three'].map((title) => client.tasks.create.mutate({ title })),
  )
  await client.tasks.complete.mutate({ id: first?.id ?? '' })
  await client.tasks.delete.mutate({ id: second?.id ?? '' })
  const { tasks, total } = await client.tasks.list.query({ sort: 'title', order: 'asc' })
  expect(total).toBe(2)
  expect(tasks.map(({ title, completed }) => [title, completed])).toEqual([
    ['One', true],
    ['Three', false],
  ])
})

it('takes calls that the client joined to a body that is too large', async () => {
  const client = await signedInClient()
  const description = 'x'.repeat(16_000)
  const created = await Promise.all(
    Array.from({ length: 100 }, () => client.tasks.create.mutate({ title: 'Long', description })),
  )
  expect(new Set(created.map(({ id }) => id)).size).toBe(100)
  expect((await client.tasks.list.query()).total).toBe(100)
})

it('still refuses a call that is too large by itself', async () => {
  const client = await signedInClient()
  const create = client.tasks.create.mutate({ title: 'x', description: 'y'.repeat(1024 * 1024) })
  await expect(create).rejects.toMatchObject({ data: { httpStatus: 413, reason: 'PAYLOAD_TOO_LARGE' } })
})

it('takes lists that the client joined to an answer that is too large', async () => {
  const client = await signedInClient()
  const pages = await Promise.all(
    Array.from({ length: 25 }, (_, page) => client.tasks.list.query({ limit: 100, offset: page * 100 })),
  )
  expect(pages.map(({ offset }) => offset)).toEqual(Array.from({ length: 25 }, (_, page) => page * 100))
})
