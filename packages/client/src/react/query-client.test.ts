import { useMutation, useQuery } from '@tanstack/react-query'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reasonOf } from '../errors.ts'
import { createSignedInSetting } from '../fixtures/client.ts'
import { inBrowser, openPage } from '../fixtures/react-page.ts'
import { useTasklane } from '../react.ts'
import { invalidations } from './invalidations.ts'

inBrowser()
let database: Database
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

/** A page that shows the lists of an account, and writes. */
async function openAccount() {
  const setting = await createSignedInSetting(database)
  const page = await openPage(setting, () => {
    const api = useTasklane()
    return {
      tokens: useQuery(api.tokens.list.queryOptions()).data?.tokens,
      sessions: useQuery(api.sessions.list.queryOptions()).data?.sessions,
      counts: useQuery(api.tasks.counts.queryOptions()).data,
      createToken: useMutation(api.tokens.create.mutationOptions()),
      batch: useMutation(api.tasks.batch.mutationOptions()),
    }
  })
  await page.until(({ tokens, sessions, counts }) => tokens && sessions && counts)
  return { ...setting, page }
}

describe('a mutation', () => {
  it('has the queries asked for that it changes, and no other, without a word of the screen', async () => {
    const { page, backend } = await openAccount()
    await page.shown.createToken.mutateAsync({ name: 'Report', scopes: 'read' })
    await page.until(({ tokens }) => tokens?.[0]?.name === 'Report')
    expect(backend.calls('tokens.list')).toBe(2)
    await page.shown.batch.mutateAsync({
      atomic: true,
      operations: [{ op: 'create', input: { title: 'A' } }],
    })
    await page.until(({ counts }) => counts?.open === 1)
    expect([backend.calls('tokens.list'), backend.calls('sessions.list')]).toEqual([2, 1])
  })

  it('has nothing asked for when it was refused', async () => {
    const { page, backend } = await openAccount()
    await expect(page.shown.createToken.mutateAsync({ name: '', scopes: 'read' })).rejects.toThrow()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(backend.calls('tokens.list')).toBe(1)
  })

  it('is known to the client, whichever it is', () => {
    expect(invalidations['tasks.update']).toContain('tasks')
    expect(invalidations['tokens.create']).toContain('tokens')
  })
})

describe('a query that failed', () => {
  it('is not asked again when that is of no use', async () => {
    const { client, backend } = await createSignedInSetting(database)
    const id = crypto.randomUUID()
    const page = await openPage({ client }, () => useQuery(useTasklane().tasks.get.queryOptions({ id })))
    await page.until(({ error }) => reasonOf(error) === 'TASK_NOT_FOUND')
    expect(backend.calls('tasks.get')).toBe(1)
  })

  it('is asked again after as long as the server says', async () => {
    const { client, backend } = await createSignedInSetting(database)
    const asked: number[] = []
    backend.between = async (_, forward) => {
      asked.push(Date.now())
      return asked.length === 1 ? busyFor(1) : await forward()
    }
    const page = await openPage({ client }, () => useQuery(useTasklane().tasks.counts.queryOptions()).data)
    await page.until((counts) => counts?.total === 0)
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1000)
    expect(asked).toHaveLength(2)
  })

  it('is given up after three more times', async () => {
    const { client, backend } = await createSignedInSetting(database)
    backend.between = async () => busyFor(0)
    const page = await openPage({ client }, () => useQuery(useTasklane().tasks.counts.queryOptions()))
    await page.until(({ error }) => reasonOf(error) === 'TOO_BUSY')
    expect(backend.calls('tasks.counts')).toBe(4)
  })
})

function busyFor(retryAfterSeconds: number): Response {
  const data = { code: 'SERVICE_UNAVAILABLE', httpStatus: 503, reason: 'TOO_BUSY', retryAfterSeconds }
  return Response.json([{ error: { json: { message: 'busy', code: -32603, data } } }], { status: 503 })
}
