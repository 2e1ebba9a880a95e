import { createClient } from '@tasklane/client'
import { inject } from 'vitest'
import { password } from './browser.ts'

/** A program that calls the server itself as a user. */
export async function clientOf(email: string) {
  const client = createClient({ url: inject('serverUrl') })
  await client.auth.logIn.mutate({ usernameOrEmail: email, password })
  return client
}

/** Creates so many tasks, with some of everything. */
export async function createTasks(email: string, count: number): Promise<void> {
  const { tasks } = await clientOf(email)
  const priorities = [null, 'low', 'medium', 'high', 'urgent'] as const
  const operations = Array.from({ length: count }, (_, index) => ({
    op: 'create' as const,
    input: {
      title: `Task number ${String(index + 1).padStart(4, '0')}`,
      priority: priorities[index % priorities.length] ?? null,
      tags: index % 3 === 0 ? ['home', 'shopping'] : [],
      ...(index % 4 === 0 && { dueDate: '2026-12-24' }),
    },
  }))
  for (let start = 0; start < count; start += 100)
    await tasks.batch.mutate({ atomic: true, operations: operations.slice(start, start + 100) })
}
