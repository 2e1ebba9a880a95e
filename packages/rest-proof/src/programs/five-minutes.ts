import { randomUUID } from 'node:crypto'
import createClient from 'openapi-fetch'
import type { components, paths } from './rest-api.d.ts'

type Schemas = components['schemas']

const [, , baseUrl = ''] = process.argv
const password = 'Correct-Horse-1'
const email = `${randomUUID()}@example.com`
let accessToken = ''

const client = createClient<paths>({ baseUrl })
client.use({
  onRequest: ({ request }) => {
    if (accessToken !== '') request.headers.set('authorization', `Bearer ${accessToken}`)
  },
})

function tell(what: string, told: object): void {
  console.log(JSON.stringify({ what, ...told }))
}

const signedUp = await client.POST('/api/auth/signup', { body: { email, password } })
if (!signedUp.data) throw new Error(signedUp.error.detail)
const { user_id, token } = signedUp.data
tell('signed up', { status: signedUp.response.status, isSameToken: token === signedUp.data.access_token })

const loggedIn = await client.POST('/api/auth/login', { body: { email, password } })
if (!loggedIn.data) throw new Error(loggedIn.error.detail)
const { user, token_type, expires_in } = loggedIn.data
accessToken = loggedIn.data.access_token
tell('logged in', { token_type, expires_in, isSameUser: user.id === user_id && user.email === email })

const body: Schemas['TasksCreateBody'] = { title: 'Buy milk', priority: 'high', due_date: '2026-12-24' }
const keyed = { params: { header: { 'Idempotency-Key': randomUUID() } }, body }
const created = await client.POST('/api/tasks', keyed)
if (!created.data) throw new Error(created.error.detail)
const task: Schemas['Task'] = created.data
const { id } = task
const again = await client.POST('/api/tasks', keyed)
const isThere = created.response.headers.get('location') === `/api/tasks/${id}`
const { status } = created.response
tell('created', { status, due: task.due_date, isThere, isOnce: again.data?.id === id })

const listed = await client.GET('/api/tasks', {
  params: {
    query: { completed: false, priority: 'high', due_before: '2027-01-01', sort: 'due_date', limit: 5 },
  },
})
const titles: string[] | undefined = listed.data?.tasks.map(({ title }) => title)
tell('listed', { titles, next: listed.data?.next_cursor, total: listed.data?.total })

const path = { id }
const read = await client.GET('/api/tasks/{id}', { params: { path } })
const etag = read.response.headers.get('etag') ?? ''
const unchanged = await client.GET('/api/tasks/{id}', {
  params: { path, header: { 'If-None-Match': etag } },
})
tell('read', {
  etag,
  title: read.data?.title,
  again: unchanged.response.status,
  body: unchanged.data ?? null,
})

const changed = await client.PATCH('/api/tasks/{id}', {
  params: { path, header: { 'If-Match': etag } },
  body: { title: 'Buy oat milk', due_date: null },
})
tell('changed', { title: changed.data?.title, due: changed.data?.due_date, version: changed.data?.version })

const overtaken = await client.PATCH('/api/tasks/{id}', {
  params: { path, header: { 'If-Match': etag } },
  body: { title: 'Lost?' },
})
if (overtaken.error?.code === 'PRECONDITION_FAILED') {
  const { status, code, task: current } = overtaken.error
  const told: 412 = status
  tell('refused', { status: told, code, title: current?.title })
}

const completed = await client.PATCH('/api/tasks/{id}/complete', { params: { path } })
tell('completed', { completed: completed.data?.completed, version: completed.data?.version })

const owned = await client.GET('/api/{user_id}/tasks', { params: { path: { user_id } } })
const foreign = await client.GET('/api/{user_id}/tasks', { params: { path: { user_id: randomUUID() } } })
tell('owned', { total: owned.data?.total, elsewhere: foreign.error?.code })

const batch = await client.POST('/api/tasks/batch', {
  body: {
    atomic: false,
    operations: [
      { op: 'create', input: { title: 'One' } },
      { op: 'update', input: { id: randomUUID(), title: 'Two' } },
    ],
  },
})
const outcomes = batch.data?.results.map((result) => (result.ok ? result.task.title : result.reason))
tell('batch', { outcomes })

const deleted = await client.DELETE('/api/tasks/{id}', { params: { path } })
tell('deleted', { status: deleted.response.status, body: deleted.data ?? null })

const changes = await client.GET('/api/tasks/changes', { params: { query: { since: 0 } } })
const seen = changes.data?.changes.map((change) =>
  change.type === 'upsert' ? change.task.title : change.id === id,
)
tell('followed', { seen, resync: changes.data?.resync })

const weak = await client.POST('/api/auth/signup', { body: { email: 'a@example.com', password: 'short' } })
const { error } = weak
switch (error?.code) {
  case 'PASSWORD_TOO_WEAK':
  case 'INPUT_INVALID':
    tell('explained', { code: error.code, pointers: error.errors?.map(({ pointer }) => pointer) })
    break
  case 'RATE_LIMITED':
    tell('later', { seconds: error.retry_after_seconds })
}
