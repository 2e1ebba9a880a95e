import createClient from 'openapi-fetch'
import type { components, paths } from './rest-api.d.ts'

const client = createClient<paths>({ baseUrl: 'http://127.0.0.1:3000' })
const body: components['schemas']['TasksCreateBody'] = { title: 'Buy milk', due_date: '2026-12-24' }
const { data, error } = await client.POST('/api/tasks', {
  body,
  headers: { authorization: 'Bearer …' },
})
if (data) console.log(data.id, data.due_date)
else if (error.code === 'INPUT_INVALID') console.log(error.errors?.map(({ pointer }) => pointer))
else console.log(error.detail)
