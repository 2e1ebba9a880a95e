import type { JsonSchema } from '@tasklane/api'
import { describe, expect, it } from 'vitest'
import {
  answerAt,
  breaksBy,
  type ContractChange,
  fieldOf,
  operationAt,
  present,
} from './fixtures/contract-copy.ts'
import type { OpenApi, Operation, Response } from './openapi-parts.ts'

const list = 'GET /api/tasks'
const feed = 'GET /api/tasks/changes'
const logIn = 'POST /api/auth/login'

type Change = (document: OpenApi) => void

const inAnswer = (change: (answer: JsonSchema) => void): Change => {
  return (document) => change(answerAt(document, list))
}
const inField = (name: string, change: (field: JsonSchema) => void): Change => {
  return (document) => change(fieldOf(answerAt(document, list), name))
}
const inTask = (change: (task: JsonSchema) => void) => inField('tasks[]', change)

const inOperation = (change: (operation: Operation) => void): Change => {
  return (document) => change(operationAt(document, list))
}
const inSuccess = (change: (response: Response) => void) =>
  inOperation(({ responses }) => change(present(responses['200'], 'success')))

const problemOf = ({ responses }: Operation, status: string): Response =>
  present(responses[status], `answer ${status}`)

const codesOf = (operation: Operation, status: string) => {
  const content = present(problemOf(operation, status).content?.['application/problem+json'], 'problem')
  const { allOf = [] } = content.schema as JsonSchema
  return present(fieldOf(present(allOf[1], 'reasons'), 'code').enum, 'codes')
}

const membersOf = (document: OpenApi) => fieldOf(answerAt(document, feed), 'changes[]').oneOf

interface Row extends ContractChange {
  /** What was done. */
  name: string
}

interface Breaking extends Row {
  breaks: string
}

const breaksOf = (row: Row) => breaksBy(row, ['/api/tasks', '/api/tasks/changes', '/api/auth/login'])

const breaking: Breaking[] = [
  {
    name: 'a field that is gone',
    change: inTask((task) => {
      delete task.properties?.['version']
      task.required = task.required?.filter((name) => name !== 'version') ?? []
    }),
    breaks: `${list} 200.tasks[].version: is gone`,
  },
  {
    name: 'an optional field that is gone',
    change: inTask(({ properties }) => delete properties?.['snippet']),
    breaks: `${list} 200.tasks[].snippet: is gone`,
  },
  {
    name: 'a field that may be absent',
    change: inTask((task) => {
      task.required = task.required?.filter((name) => name !== 'version') ?? []
    }),
    breaks: `${list} 200.tasks[].version: may be absent now`,
  },
  {
    name: 'another type',
    change: inField('tasks[].completed', (field) => Object.assign(field, { type: 'string' })),
    breaks: `${list} 200.tasks[].completed: may be string now`,
  },
  {
    name: 'a wider type',
    change: inField('limit', (field) => Object.assign(field, { type: 'number' })),
    breaks: `${list} 200.limit: may be number now`,
  },
  {
    name: 'anything where there was a type',
    change: inField('limit', (field) => delete field.type),
    breaks: `${list} 200.limit: may be anything now`,
  },
  {
    name: 'a new value of an enum',
    change: inField('tasks[].priority', ({ anyOf = [] }) => anyOf[0]?.enum?.push('someday')),
    breaks: `${list} 200.tasks[].priority: may be "someday" now`,
  },
  {
    name: 'any text where there was an enum',
    change: inField('tasks[].priority', ({ anyOf = [] }) => delete anyOf[0]?.enum),
    breaks: `${list} 200.tasks[].priority: was one of ["low","medium","high","urgent"]`,
  },
  {
    name: 'another constant',
    change: (document) => Object.assign(fieldOf(answerAt(document, logIn), 'token_type'), { const: 'DPoP' }),
    breaks: `${logIn} 200.token_type: may be "DPoP" now`,
  },
  {
    name: 'null that was never there',
    change: inField('tasks[].title', (field) => Object.assign(field, { type: ['string', 'null'] })),
    breaks: `${list} 200.tasks[].title: may be null now`,
  },
  {
    name: 'another format',
    change: inField('tasks[].created_at', (field) => Object.assign(field, { format: 'date' })),
    breaks: `${list} 200.tasks[].created_at: had format "date-time"`,
  },
  {
    name: 'a format that is gone',
    change: inField('tasks[].id', (field) => delete field.format),
    breaks: `${list} 200.tasks[].id: had format "uuid"`,
  },
  {
    name: 'a bound that is gone',
    change: inField('limit', (field) => delete field.minimum),
    breaks: `${list} 200.limit: its minimum is none, was 0`,
  },
  {
    name: 'a new member of a union',
    change: (document) => {
      const move = { type: 'object', properties: { type: { const: 'move' } }, required: ['type'] } as const
      membersOf(document)?.push({ ...move, required: ['type'] })
    },
    breaks: `${feed} 200.changes[]: may be {"type":"move"} now`,
  },
  {
    name: 'a map with other content',
    earlier: inAnswer((answer) => Object.assign(answer, { additionalProperties: { type: 'integer' } })),
    change: inAnswer((answer) => Object.assign(answer, { additionalProperties: { type: 'string' } })),
    breaks: `${list} 200.*: may be string now`,
  },
  {
    name: 'a new status of success',
    change: inOperation(({ responses }) => {
      responses['202'] = { description: 'Later' } as Response
    }),
    breaks: `${list}: may answer 202 now`,
  },
  {
    name: 'a status of success that is gone',
    earlier: inOperation(({ responses }) => {
      responses['204'] = {}
    }),
    change: () => {},
    breaks: `${list}: answers 204 no longer`,
  },
  {
    name: 'a body that is gone',
    change: inSuccess((response) => delete response.content),
    breaks: `${list} 200: comes as application/json no longer`,
  },
  {
    name: 'a header that was always there',
    change: inSuccess(({ headers }) => delete headers?.['X-Request-Id']),
    breaks: `${list} 200 header X-Request-Id: is gone`,
  },
  {
    name: 'a header that may be absent',
    change: inSuccess(({ headers }) => delete headers?.['X-Request-Id']?.required),
    breaks: `${list} 200 header X-Request-Id: may be absent now`,
  },
  {
    name: 'a header with another value',
    change: inOperation((operation) => {
      const { headers } = problemOf(operation, '401')
      Object.assign(present(headers?.['WWW-Authenticate'], 'header'), { schema: { type: 'string' } })
    }),
    breaks: `${list} 401 header WWW-Authenticate: had pattern "^Bearer "`,
  },
  {
    name: 'a known reason with another status',
    change: inOperation((operation) => {
      const codes = codesOf(operation, '422')
      codes.splice(codes.indexOf('CURSOR_INVALID'), 1)
      codesOf(operation, '400').push('CURSOR_INVALID')
    }),
    breaks: `${list}: CURSOR_INVALID comes with 400, was 422`,
  },
  {
    name: 'a detail of a refusal that is gone',
    change: (document) => {
      const content = present(problemOf(operationAt(document, list), '400').content, 'content')
      const { schema } = present(content['application/problem+json'], 'problem')
      const { allOf = [] } = schema as JsonSchema
      const problem = structuredClone(document.components.schemas['Problem']) as JsonSchema
      delete problem.properties?.['detail']
      content['application/problem+json'] = { schema: { allOf: [problem, allOf[1] ?? {}] } }
    },
    breaks: `${list} 400.detail: is gone`,
  },
]

const compatible: Row[] = [
  {
    name: 'a new field',
    change: inTask(({ properties }) => Object.assign(properties ?? {}, { color: { type: 'string' } })),
  },
  { name: 'a field that is always there', change: inTask(({ required }) => required?.push('snippet')) },
  {
    name: 'a value of an enum that is gone',
    change: inField('tasks[].priority', ({ anyOf = [] }) => anyOf[0]?.enum?.pop()),
  },
  {
    name: 'null that is gone',
    change: inField('tasks[].description', (field) => {
      field.anyOf = field.anyOf?.filter(({ type }) => type !== 'null') ?? []
    }),
  },
  {
    name: 'a narrower type',
    earlier: inField('limit', (field) => Object.assign(field, { type: 'number' })),
    change: () => {},
  },
  {
    name: 'a format where there was none',
    change: inField('tasks[].title', (field) => Object.assign(field, { format: 'email' })),
  },
  {
    name: 'a pattern where there was none',
    change: inField('tasks[].title', (field) => Object.assign(field, { pattern: 'x' })),
  },
  {
    name: 'tighter bounds',
    change: inField('limit', (field) => Object.assign(field, { minimum: 1, maximum: 100 })),
  },
  { name: 'a member of a union that is gone', change: (document) => membersOf(document)?.pop() },
  {
    name: 'a new reason',
    change: inOperation((operation) => codesOf(operation, '400').push('MOON_FULL')),
  },
  {
    name: 'a reason that is gone',
    change: inOperation((operation) => codesOf(operation, '400').pop()),
  },
  {
    name: 'a new status of refusals',
    change: inOperation(({ responses }) => {
      responses['418'] = present(responses['400'], '400')
    }),
  },
  {
    name: 'a status of refusals that is gone',
    change: inOperation(({ responses }) => delete responses['422']),
  },
  {
    name: 'a new header',
    change: inSuccess(({ headers }) => Object.assign(headers ?? {}, { 'X-New': { schema: true } })),
  },
  {
    name: 'a header that was not always there',
    earlier: inSuccess(({ headers }) => Object.assign(headers ?? {}, { 'X-Old': { schema: true } })),
    change: () => {},
  },
]

describe('what callers get', () => {
  it.each(breaking)('breaks by $name', (row) => {
    expect(breaksOf(row)).toEqual([row.breaks])
  })

  it.each(compatible)('does not break by $name', (row) => {
    expect(breaksOf(row)).toEqual([])
  })
})
