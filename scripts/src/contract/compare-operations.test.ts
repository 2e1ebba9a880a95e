import { describe, expect, it } from 'vitest'
import { breaksBy, type ContractChange, operationAt, present } from './fixtures/contract-copy.ts'

const list = 'GET /api/tasks'
const logIn = 'POST /api/auth/login'
const signUp = 'POST /api/auth/signup'

interface Row extends ContractChange {
  /** What was done. */
  name: string
}

interface Breaking extends Row {
  breaks: string[]
}

const breaksOf = (row: Row) => breaksBy(row, ['/api/tasks', '/api/auth/login', '/api/auth/signup'])

const breaking: Breaking[] = [
  {
    name: 'a path that is gone',
    change: ({ paths }) => delete paths['/api/tasks'],
    breaks: ['POST /api/tasks: is gone', `${list}: is gone`],
  },
  {
    name: 'a method that is gone',
    change: ({ paths }) => delete paths['/api/tasks']?.['get'],
    breaks: [`${list}: is gone`],
  },
  {
    name: 'another operation id',
    change: (document) => Object.assign(operationAt(document, list), { operationId: 'listTasks' }),
    breaks: [`${list}: its operationId is listTasks, was tasksList`],
  },
  {
    name: 'a token that is needed',
    change: (document) => operationAt(document, logIn).security.push({ bearer: [] }),
    breaks: [`${logIn}: needs a token now`],
  },
  {
    name: 'another kind of token',
    change: (document) => Object.assign(operationAt(document, list), { security: [{ cookie: [] }] }),
    breaks: [`${list}: takes {"bearer":[]} no longer`],
  },
  {
    name: 'another scheme behind a name',
    change: ({ components }) =>
      Object.assign(components.securitySchemes?.['bearer'] ?? {}, { scheme: 'basic' }),
    breaks: ['security scheme bearer: has changed'],
  },
  {
    name: 'an alias that is gone',
    change: (document) => operationAt(document, signUp)['x-aliases']?.pop(),
    breaks: [`${signUp}: its alias /api/auth/register is gone`],
  },
  {
    name: 'a server that is gone',
    change: (document) => Object.assign(document, { servers: [{ url: '/v2' }] }),
    breaks: ['server /: is gone'],
  },
]

const compatible: Row[] = [
  {
    name: 'a new path, and another order of them',
    change: (document) => {
      const { '/api/tasks': tasks = {}, ...others } = document.paths
      document.paths = { ...others, '/api/notes': tasks, '/api/tasks': tasks }
    },
  },
  {
    name: 'a token that is needed no longer',
    change: (document) => Object.assign(operationAt(document, list), { security: [] }),
  },
  {
    name: 'one more kind of token',
    change: (document) => operationAt(document, list).security.push({ cookie: [] }),
  },
  {
    name: 'a new alias',
    change: (document) => operationAt(document, signUp)['x-aliases']?.push('/api/auth/join'),
  },
  {
    name: 'an alias that becomes a path of its own',
    change: (document) => {
      const operation = operationAt(document, signUp)
      const alias = present(operation['x-aliases']?.pop(), 'alias')
      document.paths[alias] = { post: operation }
    },
  },
  {
    name: 'other words',
    change: (document) => {
      Object.assign(operationAt(document, list), { summary: 'x', description: 'x', tags: [] })
      Object.assign(document.components.securitySchemes?.['bearer'] ?? {}, { description: 'x' })
    },
  },
]

describe('an operation', () => {
  it.each(breaking)('breaks by $name', (row) => {
    expect(breaksOf(row)).toEqual(row.breaks)
  })

  it.each(compatible)('does not break by $name', (row) => {
    expect(breaksOf(row)).toEqual([])
  })
})
