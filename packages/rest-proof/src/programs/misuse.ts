import createClient from 'openapi-fetch'
import type { components, paths } from './rest-api.d.ts'

const client = createClient<paths>({ baseUrl: '' })
type Schemas = components['schemas']
const path = { id: '00000000-0000-4000-8000-000000000000' }

await client.GET('/api/task')
await client.POST('/api/tasks/{id}', { params: { path } })
const misspelt: Schemas['TasksCreateBody'] = { title: 'x', dueDate: '2026-12-24' }
await client.POST('/api/tasks', { body: { title: 'x', priority: 'highest' } })
await client.POST('/api/tasks', { body: misspelt })
await client.POST('/api/tasks', { body: { title: null } })
await client.POST('/api/tasks', { body: { priority: 'high' } })
await client.POST('/api/tasks')
const misplaced = { id: path.id } satisfies Schemas['TasksUpdateBody']
await client.PATCH('/api/tasks/{id}', { params: { path }, body: misplaced })
await client.GET('/api/tasks', { params: { query: { sort: 'dueDate' } } })
await client.GET('/api/tasks', { params: { query: { limit: '5' } } })
await client.GET('/api/tasks/{id}', { params: { path: {} } })
await client.POST('/api/auth/login', { body: { password: 'x' } })
await client.POST('/api/tasks/batch', { body: { atomic: true, operations: [{ op: 'purge', input: path }] } })

const { data, error } = await client.GET('/api/tasks/{id}', { params: { path } })
data?.title.toUpperCase()
data?.dueDate
data.title
if (error?.code === 'EMAIL_TAKEN') console.log('of another operation')
const { data: nothing } = await client.DELETE('/api/tasks/{id}', { params: { path } })
nothing?.title
