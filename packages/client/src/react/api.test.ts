import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { reasonOf } from '../errors.ts'
import { createSignedInSetting } from '../fixtures/client.ts'
import { inBrowser, openPage } from '../fixtures/react-page.ts'
import { useTasklane } from '../react.ts'

inBrowser()
let database: Database
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

async function settingWithTasks(count: number) {
  const setting = await createSignedInSetting(database)
  const operations = Array.from({ length: count }, (_, index) => ({
    op: 'create' as const,
    input: { title: `Task ${index}` },
  }))
  await setting.client.tasks.batch.mutate({ atomic: true, operations })
  setting.backend.sent.length = 0
  return setting
}

describe('the options of the library, at another version of tRPC than it names', () => {
  it('query a procedure, with its types', async () => {
    const { client } = await settingWithTasks(2)
    const page = await openPage({ client }, () => {
      const api = useTasklane()
      const { data } = useQuery(api.tasks.list.queryOptions({ sort: 'title', order: 'asc' }))
      expectTypeOf(data?.tasks[0]?.createdAt).toEqualTypeOf<Date | undefined>()
      // @ts-expect-error there are four priorities
      api.tasks.list.queryOptions({ priority: 'none' })
      // @ts-expect-error a mutation is no query
      api.tasks.create.queryOptions
      return data
    })
    await page.until((list) => list?.tasks.length === 2)
    expect(page.shown?.tasks.map(({ title }) => title)).toEqual(['Task 0', 'Task 1'])
    expect(page.shown?.tasks[0]?.createdAt).toBeInstanceOf(Date)
  })

  it('load an endless list by its cursors, to its end', async () => {
    const { client, backend } = await settingWithTasks(45)
    const page = await openPage({ client }, () => {
      const api = useTasklane()
      return useInfiniteQuery(
        api.tasks.list.infiniteQueryOptions({ limit: 20 }, { getNextPageParam: (last) => last.nextCursor }),
      )
    })
    for (const count of [20, 40, 45]) {
      await page.until(({ data }) => data?.pages.flatMap(({ tasks }) => tasks).length === count)
      if (page.shown.hasNextPage) await page.shown.fetchNextPage()
    }
    const titles = page.shown.data?.pages.flatMap(({ tasks }) => tasks.map(({ title }) => title))
    expect(new Set(titles).size).toBe(45)
    expect(page.shown.hasNextPage).toBe(false)
    expect(backend.calls('tasks.list')).toBe(3)
  })

  it('call a mutation, and tell the reason of its failure', async () => {
    const { client } = await settingWithTasks(0)
    const page = await openPage({ client }, () => useMutation(useTasklane().tasks.create.mutationOptions()))
    expect(await page.shown.mutateAsync({ title: 'Made' })).toMatchObject({ title: 'Made', version: 1 })
    const failed = await page.shown.mutateAsync({ title: '' }).catch(reasonOf)
    expect(failed).toBe('INPUT_INVALID')
  })
})
