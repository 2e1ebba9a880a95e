import { drizzle } from 'drizzle-orm/postgres-js'
import { expect, it } from 'vitest'
import { perDatabase } from './statements.ts'

const first = drizzle.mock()
const second = drizzle.mock()

it('builds once for each database', () => {
  const built: unknown[] = []
  const statements = perDatabase((db) => built.push(db))
  expect([statements(first), statements(second)]).toEqual([1, 2])
  expect([statements(first), statements(second)]).toEqual([1, 2])
  expect(built).toEqual([first, second])
})

it('builds for one use apart from another', () => {
  const names = perDatabase(() => 'names')
  const titles = perDatabase(() => 'titles')
  expect([names(first), titles(first)]).toEqual(['names', 'titles'])
})
